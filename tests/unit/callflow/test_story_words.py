"""The words that the story and the call log share."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.story import outcome_words, printable, seconds_words


def test_names_from_all_over_the_world_stay_readable() -> None:
    assert printable("Zoë\u00a0Müller 李") == "Zoë Müller 李"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s"), (0.04, "0.1 s"), (0.42, "0.4 s"), (7.2, "7 s"), (59.6, "1 min 0 s"), (65.0, "1 min 5 s")],
)
def test_durations_read_like_speech(seconds: float, words: str) -> None:
    assert seconds_words(seconds) == words
    assert seconds_words(3725) == "1 h 2 min"


def test_every_outcome_has_words() -> None:
    for result in Result:
        for reason in Reason:
            assert outcome_words(result, reason)
    assert outcome_words(Result.ABANDONED, Reason.NO_MESSAGE) == "hung up, leaving no message"
    assert outcome_words(Result.ABANDONED, Reason.DURING_MENU) == "hung up in the menu"
    assert outcome_words(Result.VOICEMAIL, Reason.VOICEMAIL_ROUTE) == "voicemail"
    assert outcome_words(Result.UNANSWERED, Reason.NO_ONE_ON_CALL) == "nobody on call"
