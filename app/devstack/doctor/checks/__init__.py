"""The checks, one module for each part of the wiring. A check is a function without arguments that gives a verdict."""
