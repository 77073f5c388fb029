"""Lines of writing that nobody has seen before -> a trained reader.

In: MNIST's digits, pen strokes and fonts, and `TrainingOptions`. Out: a bundle. Start with `train`:
`batches` makes them in the process of `worker`, whose `stream` the training takes; `targets` says
what the columns of each are, `network` lists the layers, and `loss` compares both. `own_numbers`
are what a trained reader learns on.
"""
