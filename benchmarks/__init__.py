"""Benchmarks that measure every figure in digitnet's documentation.

`python -m benchmarks` lists them. Each module of this package is a benchmark: its docstring says
what it measures, `add_options` adds its options to a parser, and `run` fills a `Result`. `harness/`
has the shared code, `images/` draws the test images, and `records/` holds the latest results.
"""
