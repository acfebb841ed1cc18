"""Operators hear when the hotline itself is in trouble: what is looked at, how it is judged, and the loop."""
