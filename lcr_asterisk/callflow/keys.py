"""The keys of a telephone, and what they mean here."""

TOOK_IT = "1"
PASSED_ON = "2"
CALL_BACK = "3"  # of who is told of a page: I take care of it, and call the caller back
AGAIN = "5"
TO_VOICEMAIL = "*"
MESSAGE_OVER = "#"
KEEP_IT = ("1", "#")
RECORD_AGAIN = "2"

# While they talk, of a responder whose route allows it.
BRING_IN = "*1"
HAND_OVER = "*2"  # and a digit for the team
END_CALL = "*9"
