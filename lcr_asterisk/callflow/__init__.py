"""The call flow: what happens in a call, decided without sockets, clocks or files.

`machine.step(call, event, now)` returns the call's next state and the commands to carry out. Start reading there.
"""
