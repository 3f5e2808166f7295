"""The parts of the order pages."""
