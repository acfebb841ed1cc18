"""The rules of a call, a room for each part of it: what is done there, and where it leads.

`machine.py` finds the room for an event. Rooms use those they can lead to, in one direction only:
resume -> arrival, callback, in_call -> menus, talk -> levels, leaving -> voicemail -> ending -> legs.
"""
