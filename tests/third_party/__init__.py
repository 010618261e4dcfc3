"""Real clients of the real exchange, unmodified, against the simulator."""
