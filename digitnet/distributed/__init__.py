"""`digitnet predict` on clusters, with Ray Data or Apache Beam.

In: local paths, URIs of object storage, or the bytes of files. Out: table rows, as Parquet or any
format that the engine writes. Start with `rows`, which does not depend on the engine; `ray_data`
and `beam` use it.
"""
