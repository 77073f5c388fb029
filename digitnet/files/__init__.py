"""Atomic file writes, and file names that are safe to print.

`atomic` writes a complete file and syncs it to disk, or leaves the previous file unchanged.
`escape` escapes the control characters in file names and messages. Start with `atomic`.
"""
