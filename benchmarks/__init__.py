"""Measure this project against others: `python -m benchmarks --help`."""
