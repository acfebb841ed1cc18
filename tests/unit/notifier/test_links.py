"""An acknowledge link works for its page and person until it expires, and nobody can make one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.notifier.links import PATH, Acknowledgement, BadLink, link, read

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
KEY = b"a key that nobody else has"
ALICES = Acknowledgement("7", "alice", NOW + timedelta(hours=12))


def token(acknowledgement: Acknowledgement = ALICES, key: bytes = KEY) -> str:
    written = link("https://hotline.example.com/", acknowledgement, key)
    begin = f"https://hotline.example.com{PATH}"
    assert written.startswith(begin)
    return written.removeprefix(begin)


def test_a_link_says_which_page_who_acknowledges_and_until_when() -> None:
    assert read(token(), KEY, NOW) == ALICES


def test_a_teams_link_names_nobody() -> None:
    assert read(token(replace(ALICES, person=None)), KEY, NOW).person is None


def test_it_expires_at_its_time_and_not_before() -> None:
    read(token(), KEY, ALICES.expires - timedelta(seconds=1))
    with pytest.raises(BadLink, match="expired"):
        read(token(), KEY, ALICES.expires)


def test_another_key_makes_no_link() -> None:
    with pytest.raises(BadLink, match="genuine"):
        read(token(key=b"another key"), KEY, NOW)


@settings(deadline=None)
@given(st.data())
def test_a_link_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    genuine = token()
    at = data.draw(st.integers(0, len(genuine) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=% "))
    changed = genuine[:at] + other + genuine[at + 1 :]
    try:
        # The last character of base64 has bits that mean nothing.
        assert read(changed, KEY, NOW) == ALICES
    except BadLink:
        assert changed != genuine


@settings(deadline=None)
@given(st.text())
def test_whatever_is_sent_instead_is_refused_and_breaks_nothing(sent: str) -> None:
    with pytest.raises(BadLink):
        read(sent, KEY, NOW)
