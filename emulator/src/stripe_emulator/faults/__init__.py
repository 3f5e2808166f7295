"""Fault injection: latency, errors, broken connections, and lost or repeated events."""
