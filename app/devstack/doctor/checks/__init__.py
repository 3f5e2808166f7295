"""The checks, one module per part. A check is a function without arguments that returns a verdict."""
