"""The keys of a telephone, and what they mean here."""

TOOK_IT = "1"
PASSED_ON = "2"
TO_VOICEMAIL = "*"
MESSAGE_OVER = "#"
KEEP_IT = ("1", "#")
RECORD_AGAIN = "2"
