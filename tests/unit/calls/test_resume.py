"""What is folded at a start, whatever version wrote it."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.events import CallArrived, Caller, RespondersFound
from lcr_asterisk.calls.resume import fold
from lcr_asterisk.errors import IllegalEvent
from lcr_asterisk.store.journal import JournalEntry
from tests.unit.callflow.plans import ALICE, direct
from tests.unit.calls.conftest import ARRIVED

CALL = "20261121-090012-k7m3q"


def test_a_journal_that_the_rules_fail_at_does_not_keep_the_engine_from_starting() -> None:
    """Such as one of another version: its caller is served as a newcomer, and all other calls go on."""
    arrived = CallArrived(CALL, "1.0", Caller("", ""), "+14155551001", direct(levels=()))
    found = RespondersFound(0, (ALICE,))
    with pytest.raises(IllegalEvent, match="IndexError"):
        fold([JournalEntry(CALL, 0, ARRIVED, arrived), JournalEntry(CALL, 1, ARRIVED, found)])


def test_an_empty_journal_is_no_call() -> None:
    with pytest.raises(IllegalEvent):
        fold([])
