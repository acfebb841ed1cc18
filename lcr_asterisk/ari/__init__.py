"""Asterisk's REST interface, over one WebSocket: typed events in, typed requests out."""
