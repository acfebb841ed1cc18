"""The life of a page: who is told of it, when the next are, and what ends it. Pure: no I/O, no clock.

`page.step(page, event, now)` is the only place that decides. The notifier keeps pages and carries out what is decided.
"""
