"""The commands without their printing: `digitnet.train` and `digitnet.evaluate`.

In: the options of the commands. Out: a trained model, or an evaluation.
The command line calls the same functions. Start with `training`.
"""
