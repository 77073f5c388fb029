"""Single digits -> their probabilities, by the classifier.

In: (28, 28) digits as MNIST has them. Out: calibrated probabilities. Start with `classifier`; what
it is not sure of it looks at again (`test_time_augmentation`). `classifier_opinion` tells for which
of the reader's digits it is asked, and what both say together.
"""
