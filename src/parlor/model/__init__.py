"""The words of the house as frozen values. Pure: imports nothing of parlor, no clock, no I/O."""
