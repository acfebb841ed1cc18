"""Who would ring: calls rehearsed under simulated time by the machine of real calls, and who is on call when."""
