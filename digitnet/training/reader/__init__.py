"""Lines of writing that nobody has seen before -> a trained reader.

In: MNIST's digits, pen strokes and fonts, and `TrainingOptions`. Out: a bundle. Start with `train`:
a `worker` process makes lines, `batches` receives them, `targets` says what the columns of each
are, `network` lists the layers, and `loss` compares both. Only these import TensorFlow: `network`,
`loss` and `train`.
"""
