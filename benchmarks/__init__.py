"""Measurements of the promised speeds, each against the plain design in the same run."""
