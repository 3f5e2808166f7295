"""Helpers for the emulator's tests, which use HTTP and the official client."""
