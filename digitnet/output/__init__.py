"""Predictions -> text, CSV, JSON Lines, or a template's form.

In: a path and its `Prediction`, or the error of an image. Out: one line in the format that was
asked for, and the file that it goes to. Start with `formats`.
"""
