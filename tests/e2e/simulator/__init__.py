"""The simulated exchange as a process."""
