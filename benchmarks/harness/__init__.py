"""Shared code of the benchmarks: options, results, records, timing of programs, and scoring.

Input: the name and options of a benchmark. Output: Markdown tables and a JSON record of the run.
Start with `result.py`, then `record.py`.
"""
