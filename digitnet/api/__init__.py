"""The Python API for training and evaluation: `digitnet.train` and `digitnet.evaluate`.

Both take the options of the commands, return a trained model or an evaluation, and print nothing.
The command line shares their code. Start with `training`.
"""
