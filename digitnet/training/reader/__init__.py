"""Training of readers on synthetic lines of writing.

In: MNIST's digits, pen strokes and fonts, and `TrainingOptions`. Out: a bundle. Start with `train`.
`batches` makes the lines in the process of `worker`, and `stream` receives them. `targets` defines
the training targets, `network` the layers, and `loss` the loss. `own_numbers` prepares the user's
numbers for fine-tuning.
"""
