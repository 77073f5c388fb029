"""Lets `python -m digitnet` run the command `digitnet`."""

from digitnet.cli import run

run()
