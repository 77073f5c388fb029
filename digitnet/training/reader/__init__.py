"""Lines of writing that nobody has seen before -> a trained reader.

In: MNIST's digits, pen strokes and fonts, and `TrainingOptions`. Out: a bundle. Start with `train`:
`batches` makes them in the process of `worker`, whose `stream` the training takes; `targets` says
the labels of their columns, `network` lists the layers, and `loss` compares both. `own_numbers`
fine-tunes a trained reader.
"""
