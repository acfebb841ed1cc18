"""Measurements, as ratios to plain Asterisk in the same run."""
