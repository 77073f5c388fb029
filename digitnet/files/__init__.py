"""Files that appear whole or not at all, and names that stay on their line.

In: bytes and a path; any name a file may have. Out: the file, complete and forced to the disk, or
the file that was there before; the name with its control characters escaped. Start with `atomic`.
"""
