"""What a server answers decides whether an alert is tried again, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lcr_asterisk.notifier.decisions import LONGEST_WAIT, SOON, Delivered, GiveUp, Reply, RetryAfter, by_status

AT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


def reply(status: int, retry_after: str | None = None) -> Reply:
    return Reply(status, AT, retry_after)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_accepted_is_delivered(status: int) -> None:
    assert by_status(reply(status)) == Delivered()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    decision = by_status(reply(status))
    assert isinstance(decision, RetryAfter)
    assert decision.seconds == SOON
    assert str(status) in decision.why


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_what_would_be_refused_each_time_is_given_up(status: int) -> None:
    assert isinstance(by_status(reply(status)), GiveUp)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_says_what_to_do(status: int) -> None:
    decision = by_status(reply(status))
    assert isinstance(decision, GiveUp)
    assert "write the address it redirects to" in decision.why


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30", 30.0),
        (" 7 ", 7.0),
        ("Sat, 21 Nov 2026 08:02:00 GMT", 120.0),
        ("Sat, 21 Nov 2026 08:03:00 -0000", 180.0),
        ("Saturday, 21-Nov-26 08:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 07:00:00 GMT", 0.0),
        ("86400", LONGEST_WAIT),
        ("Sun, 22 Nov 2026 08:00:00 GMT", LONGEST_WAIT),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", SOON),
        ("soon", SOON),
        ("-5", SOON),
        ("", SOON),
    ],
)
def test_retry_after_is_honoured_as_seconds_and_as_a_date(written: str, seconds: float) -> None:
    decision = by_status(reply(503, written))
    assert isinstance(decision, RetryAfter)
    assert decision.seconds == seconds
    assert decision.asked


def test_a_server_that_only_has_a_trouble_did_not_ask_to_be_left_alone() -> None:
    trouble, busy = by_status(reply(500)), by_status(reply(429))
    assert isinstance(trouble, RetryAfter) and not trouble.asked
    assert isinstance(busy, RetryAfter) and busy.asked
