"""A call rehearsed: the same call-flow machine as a real call, under simulated time, with nobody at the phones."""
