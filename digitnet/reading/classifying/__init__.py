"""The classifier: images of single digits -> probabilities.

In: (28, 28) images in MNIST's format. Out: calibrated probabilities. Start with `classifier`.
`test_time_augmentation` classifies digits below 90 % confidence again. `product_of_experts` selects
the digits and pairs that the classifier sees as well as the reader, and combines both predictions.
"""
