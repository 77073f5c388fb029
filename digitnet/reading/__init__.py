"""An image -> its digits, with bounding boxes and confidences.

In: any image that `vision` decodes, and a trained model. Out: a `Prediction`: the digits,
the confidence, and a box for each symbol. Start with `recognizer`; `pipeline` reads many images on
several threads.
"""
