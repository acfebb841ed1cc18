"""What people hear, made before they call, and what they said, kept safely afterwards.

Prompts: `defaults` (the texts) → `tts` or `convert` (to sound) → `prompts` (to files Asterisk plays) → `whisper` (put
together for a responder). Recordings: `recordings`. All of it is 8 kHz mono 16-bit PCM, what a telephone carries.
"""
