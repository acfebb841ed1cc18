"""People who talk although no call tells of them are not parted; nobody is left alone in the line."""

from __future__ import annotations

import pytest

from lcr_asterisk.ari.messages import StasisEnd
from lcr_asterisk.ari.requests import Request
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.caretaker import Caretaker
from tests.unit.calls.conftest import channel

CALL = "20261121-090000-k7m3q"
BRIDGE = ids.talk(CALL)
CALLER, ALICE, CAROL = "1763715600.1", f"{CALL}-leg-1", f"{CALL}-leg-3"


class Watched:
    """What a caretaker asks of Asterisk."""

    def __init__(self, *members: str) -> None:
        self.asked: list[str] = []
        self._caretaker = Caretaker(self._ask)
        self._caretaker.watch({BRIDGE: frozenset(members)})

    def _ask(self, request: Request) -> None:
        self.asked.append(str(request))

    def leaves(self, name: str) -> set[str]:
        """What is asked when this channel has left."""
        self.asked.clear()
        self._caretaker.on_event(StasisEnd(channel(name)))
        return set(self.asked)


@pytest.mark.parametrize(("first", "other"), [(CALLER, ALICE), (ALICE, CALLER)])
def test_when_one_of_two_leaves_the_line_of_the_other_is_closed(first: str, other: str) -> None:
    watched = Watched(CALLER, ALICE)
    assert watched.leaves(first) == {f"DELETE channels/{other}", f"DELETE bridges/{BRIDGE}"}
    assert not watched.leaves(other)


def test_when_one_responder_of_two_leaves_the_other_talks_on_with_the_caller() -> None:
    watched = Watched(CALLER, ALICE, CAROL)
    assert not watched.leaves(ALICE)
    assert watched.leaves(CAROL) == {f"DELETE channels/{CALLER}", f"DELETE bridges/{BRIDGE}"}


def test_two_responders_whose_caller_has_left_have_nothing_to_talk_about() -> None:
    asked = Watched(CALLER, ALICE, CAROL).leaves(CALLER)
    assert asked == {f"DELETE channels/{ALICE}", f"DELETE channels/{CAROL}", f"DELETE bridges/{BRIDGE}"}
