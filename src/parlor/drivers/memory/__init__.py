"""Drivers for a single process: nothing outlives it, nothing leaves it."""
