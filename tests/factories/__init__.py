"""Minimal valid rows for tests, one module per app."""
