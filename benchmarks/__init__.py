"""Benchmarks: where every figure that digitnet's documents show is measured.

`python -m benchmarks` lists them. A module of this package is a benchmark: its docstring says what
it measures, `add_options` adds its options to a parser, and `run` fills a `Result`. What they share
is in `harness/`; images that they draw come from `images/`; `records/` holds the newest results.
"""
