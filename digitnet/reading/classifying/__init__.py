"""Single digits -> their probabilities, by the classifier.

In: (28, 28) digits as MNIST has them. Out: calibrated probabilities. Start with `classifier`; what
below 90 % confidence are classified again (`test_time_augmentation`). `classifier_opinion` selects
the digits of the reader that it confirms, and combines both predictions.
"""
