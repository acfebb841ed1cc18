"""`python -m lcr_asterisk` is `lcr`."""

from lcr_asterisk.cli import main

main()
