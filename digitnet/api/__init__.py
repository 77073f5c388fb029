"""What the commands do, without their printing: `digitnet.train` and `digitnet.evaluate`.

In: choices as the options of the commands have them. Out: a trained model, or what was measured.
The command line calls the same functions. Start with `training`.
"""
