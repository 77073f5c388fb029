"""The answers of `digitnet predict` as rows, on the engines that people run on clusters.

In: paths, in folders or in object storage, or files' bytes. Out: rows, as Parquet or whatever the
engine writes. Start with `rows`, which is independent of the engine; `ray_data` and `beam` use it.
"""
