"""What all benchmarks share: options, results, records, programs side by side, and scoring.

In come a benchmark's name and options; out go Markdown tables and a JSON record of the run.
Open `result.py` first, then `record.py`.
"""
