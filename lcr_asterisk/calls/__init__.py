"""The interpreter: drives the pure call flow against a real Asterisk.

Asterisk's events come in at `switchboard.py`, find their call's `driver.py`, which steps the machine and hands its
commands to `execute.py`. `resume.py` puts things right after a gap.
"""
