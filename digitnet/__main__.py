"""`python -m digitnet` is the command `digitnet`."""

from digitnet.cli import run

run()
