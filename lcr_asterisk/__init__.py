"""Live call routing on your own Asterisk: a phone number that always reaches the right person."""
