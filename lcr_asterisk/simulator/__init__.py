"""The world outside: a second Asterisk that plays carrier, callers and responders' phones, over real SIP and RTP."""
