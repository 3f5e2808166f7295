"""The doctor: asks every link of the wiring whether it holds, and says in plain words what to do where it doesn't."""
