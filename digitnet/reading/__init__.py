"""An image -> its digits, with their places and confidences.

In: any image that `vision` decodes, and a trained model. Out: a `Prediction`: digits, confidence, a
box for each digit. Start with `recognizer`; `pipeline` reads many images on several threads.
"""
