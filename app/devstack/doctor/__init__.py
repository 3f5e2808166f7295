"""The doctor: checks every link between the parts, and says how to fix what is broken."""
