"""Tests of the emulator, through HTTP, with the official client."""
