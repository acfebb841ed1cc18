"""What the notifier has to be told is written with the call, told in order, and told until it knows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.plan import RoutePlan, RouteType
from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.happenings import is_missed
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.outbox import Outbox, buried, delivered, put_off
from lcr_asterisk.store.projection import project
from lcr_asterisk.store.rows import AwayMessage, OutboxRow, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import outbox
from tests.unit.store.conftest import NINE, Play, Step

LEASE = timedelta(seconds=30)
LATER = NINE + timedelta(hours=1)

ALICE = ev.Responder("alice", "Alice", (ev.Phone("PJSIP/alice", "sip:alice"),))
# Alice is rung, and the caller hangs up.
LEFT = ((0.6, ev.TimePassed()), (0.7, ev.RespondersFound(0, (ALICE,))), (5.0, ev.CallerHungUp()))
GONE = (5.1, ev.LegEnded("one-leg-1", ev.LegEnd.CANCELLED))


@pytest.fixture
def box(store: Store) -> Outbox:
    return Outbox(store)


async def rows(store: Store, call: str = "one") -> list[OutboxRow]:
    query = sa.select(outbox).where(outbox.c.call_id == call).order_by(outbox.c.seq)
    async with store.reading() as connection:
        return [OutboxRow(**row._mapping) for row in await connection.execute(query)]


async def types(store: Store, call: str = "one") -> list[str]:
    return [row.type for row in await rows(store, call)]


async def write(writer: JournalWriter, steps: list[Step]) -> None:
    for entry, call in steps:
        writer.append(entry, call)
    await writer.flush()


def message(call: str, kind: RecordingKind = RecordingKind.MESSAGE) -> RecordingRow:
    return RecordingRow(f"recording-{kind}-{call}", call, kind, "/message.wav", None, 4.0, LATER)


# -- what is written -------------------------------------------------------------------------------------------------


async def test_a_call_that_nobody_took_is_told_as_missed(store: Store, writer: JournalWriter, play: Play) -> None:
    await write(writer, play("one", *LEFT, GONE))
    assert await types(store) == ["call.started", "call.missed", "call.ended"]
    missed = (await rows(store))[1]
    assert missed.id == "one.call.missed"
    assert missed.payload["call"]["result"] == "abandoned"
    assert missed.payload["call"]["team"] == "platform"
    assert missed.payload["call"]["started"] == NINE.isoformat()


async def test_it_makes_no_difference_in_how_many_transactions_a_call_was_written(
    store: Store, writer: JournalWriter, play: Play
) -> None:
    for call in ("one", "two"):
        steps = play(call, *LEFT, (5.1, ev.LegEnded(f"{call}-leg-1", ev.LegEnd.CANCELLED)))
        for piece in [[step] for step in steps] if call == "one" else [steps]:
            await write(writer, piece)
    assert await types(store, "one") == await types(store, "two") == ["call.started", "call.missed", "call.ended"]
    assert [row.at for row in await rows(store, "one")] == [row.at for row in await rows(store, "two")]


async def test_what_was_told_is_not_told_anew_when_the_call_goes_on(
    store: Store, writer: JournalWriter, play: Play, box: Outbox
) -> None:
    steps = play("one", *LEFT, GONE)
    await write(writer, steps[:2])
    (started,) = await box.claim(LATER, LATER + LEASE, 10)
    await box.settle([delivered(started, LATER)])
    await write(writer, steps[2:])
    assert [row.type for row in await box.claim(LATER, LATER + LEASE, 10)] == ["call.missed"]


async def test_a_kept_message_is_due_for_the_notifier_before_the_caller_hears_that_it_is(
    store: Store, writer: JournalWriter, play: Play
) -> None:
    """`keep_recording` is what the caller's goodbye waits for."""
    await write(writer, play("one"))
    await writer.keep_recording(message("one"))
    assert await types(store) == ["call.started", "voicemail.received"]
    await writer.keep_recording(message("one"))
    row = (await rows(store))[1]
    assert row.payload["recording"]["id"] == "recording-message-one"
    assert row.payload["call"]["route"] == "production"


async def test_a_recorded_conversation_is_no_message(store: Store, writer: JournalWriter, play: Play) -> None:
    await write(writer, play("one"))
    await writer.keep_recording(message("one", RecordingKind.TALK))
    assert await types(store) == ["call.started"]


async def test_a_message_taken_while_the_engine_was_away_is_told_with_its_call(store: Store) -> None:
    away = AwayMessage(
        "one",
        "1.0",
        "production",
        "Production",
        "platform",
        "+1555",
        "",
        "+1415",
        NINE,
        LATER,
        message("one", RecordingKind.AWAY),
    )
    assert await CallLog(store).adopt_away_call(away)
    assert await types(store) == ["voicemail.received", "call.ended"]
    assert await CallLog(store).adopt_away_call(replace(away, call_id="two", recording=None))
    assert await types(store, "two") == ["call.missed", "call.ended"]
    assert not await CallLog(store).adopt_away_call(away)
    assert len(await rows(store)) == 2


async def test_a_call_that_cannot_be_resumed_is_told_as_missed(store: Store, writer: JournalWriter, play: Play) -> None:
    await write(writer, play("one", *LEFT[:2]))
    await CallLog(store).give_up("one", LATER)
    await CallLog(store).give_up("one", LATER + LEASE)
    assert await types(store) == ["call.started", "call.missed", "call.ended"]
    assert (await rows(store))[1].at == LATER


@pytest.mark.parametrize(
    ("result", "reason", "team", "direct", "missed"),
    [
        (Result.UNANSWERED, Reason.NO_ANSWER, "platform", True, True),
        (Result.UNANSWERED, Reason.NO_ONE_ON_CALL, "platform", True, True),
        (Result.ABANDONED, Reason.WHILE_RINGING, "platform", True, True),
        (Result.ABANDONED, Reason.NO_MESSAGE, "platform", True, True),
        (Result.FAILED, Reason.MESSAGE_LOST, "platform", False, True),
        (Result.CONNECTED, Reason.TAKEN, "platform", True, False),
        (Result.VOICEMAIL, Reason.NO_ANSWER, "platform", True, False),
        (Result.REFUSED, Reason.WRONG_PIN, "platform", True, False),
        (Result.ABANDONED, Reason.NO_MESSAGE, "platform", False, False),
        (Result.ABANDONED, Reason.DURING_MENU, "platform", True, False),
        (Result.ABANDONED, Reason.DURING_WELCOME, "platform", True, False),
        (Result.ABANDONED, Reason.WHILE_RINGING, None, True, False),
        (None, Reason.NO_ANSWER, "platform", True, False),
    ],
)
def test_which_calls_are_missed(
    result: Result | None, reason: Reason, team: str | None, direct: bool, missed: bool, play: Play
) -> None:
    row, _ = project(play("one")[0][1])
    assert is_missed(replace(row, result=result, reason=reason, team=team), direct=direct) is missed


def test_nobody_had_to_take_a_call_that_was_ours(play: Play) -> None:
    """A call back, or a call about a page, that comes to nothing opens no page."""
    row, _ = project(play("one")[0][1])
    for result, reason in (
        (Result.UNANSWERED, Reason.RESPONDER_NOT_REACHED),
        (Result.ABANDONED, Reason.RESPONDER_LEFT),
        (Result.FAILED, Reason.INTERNAL_ERROR),
    ):
        ours = replace(row, result=result, reason=reason, callback_of="20261121-083000-x2y4z")
        assert not is_missed(ours, direct=True)


async def test_who_leaves_no_message_on_a_voicemail_line_is_not_missed(
    store: Store, writer: JournalWriter, play: Play, plan: RoutePlan
) -> None:
    await write(
        writer,
        play("one", (0.6, ev.TimePassed()), (1.0, ev.CallerHungUp()), plan=replace(plan, type=RouteType.VOICEMAIL)),
    )
    assert "call.missed" not in await types(store)


# -- how it leaves ---------------------------------------------------------------------------------------------------


async def test_rows_of_one_call_are_delivered_in_order_and_those_of_others_side_by_side(
    writer: JournalWriter, play: Play, box: Outbox
) -> None:
    await write(writer, play("one", *LEFT, GONE))
    await write(writer, play("two"))
    claimed = await box.claim(LATER, LATER + LEASE, 10)
    assert [row.id for row in claimed] == ["one.call.started", "two.call.started"]
    assert [row.attempts for row in claimed] == [1, 1]
    assert await box.claim(LATER, LATER + LEASE, 10) == [], "somebody has them"
    await box.settle([delivered(claimed[0], LATER)])
    assert [row.id for row in await box.claim(LATER, LATER + LEASE, 10)] == ["one.call.missed"]


async def test_what_was_claimed_by_a_process_that_ended_is_claimed_again(
    writer: JournalWriter, play: Play, box: Outbox
) -> None:
    await write(writer, play("one"))
    assert len(await box.claim(LATER, LATER + LEASE, 10)) == 1
    (again,) = await box.claim(LATER + LEASE, LATER + 2 * LEASE, 10)
    assert (again.id, again.attempts) == ("one.call.started", 2)


async def test_what_fails_waits_and_holds_up_what_follows_it(writer: JournalWriter, play: Play, box: Outbox) -> None:
    await write(writer, play("one", *LEFT, GONE))
    (first,) = await box.claim(LATER, LATER + LEASE, 10)
    await box.settle([put_off(first, LATER + timedelta(minutes=5), "it does not answer")])
    assert await box.next_due() == LATER + timedelta(minutes=5)
    # No look has to pass over those that wait for it, however many they are.
    assert {row.next_at for row in await box.waiting(10)} == {LATER + timedelta(minutes=5)}
    assert await box.claim(LATER + timedelta(minutes=4), LATER + LEASE, 10) == []
    waiting = await box.waiting(10)
    assert waiting[0].problem == "it does not answer"
    assert [row.id for row in await box.claim(LATER + timedelta(minutes=5), LATER + LEASE, 10)] == ["one.call.started"]


async def test_what_is_refused_for_good_stays_to_be_seen_and_can_be_replayed(
    writer: JournalWriter, play: Play, box: Outbox
) -> None:
    await write(writer, play("one", *LEFT, GONE))
    (first,) = await box.claim(LATER, LATER + LEASE, 1)
    await box.settle([buried(first, LATER, "it answers 400")])
    assert [row.id for row in await box.claim(LATER, LATER + LEASE, 10)] == ["one.call.missed"]
    dead = (await box.waiting(10))[0]
    assert (dead.id, dead.dead, dead.problem) == ("one.call.started", LATER, "it answers 400")
    assert await box.replay("one.call.started") == 1
    assert [row.id for row in await box.claim(LATER, LATER + LEASE, 10)] == ["one.call.started"]
    assert await box.replay("one") == 3
    await box.settle([delivered(first, LATER)])
    assert await box.replay("one.call.started") == 0
    with pytest.raises(StoreError, match="nothing named 'nonsense' in the outbox"):
        await box.replay("nonsense")


async def test_what_is_replayed_is_due_at_once_though_the_engines_clock_is_behind(
    writer: JournalWriter, play: Play, box: Outbox
) -> None:
    await write(writer, play("one"))
    (first,) = await box.claim(NINE + LEASE, NINE + 2 * LEASE, 1)
    await box.settle([put_off(first, NINE + timedelta(minutes=10), "it answers 500")])
    assert await box.replay("one") == 1
    assert len(await box.claim(NINE + LEASE, NINE + 2 * LEASE, 1)) == 1


async def test_what_is_dropped_is_never_told_and_lets_the_rest_of_the_call_through(
    writer: JournalWriter, play: Play, box: Outbox
) -> None:
    await write(writer, play("one", *LEFT, GONE))
    (first,) = await box.claim(LATER, LATER + LEASE, 1)
    dropped = await box.drop("one.call.started", LATER)
    assert dropped is not None and dropped.type == "call.started"
    await box.settle([put_off(first, LATER, "an attempt that was on its way")])
    assert [row.id for row in await box.claim(LATER, LATER + LEASE, 10)] == ["one.call.missed"]
    assert (await box.standing()).last is None, "the notifier has taken nothing"
    assert await box.drop("one.call.started", LATER) is None
    for wanted in ("one", "nonsense"):
        with pytest.raises(StoreError, match=f"nothing named '{wanted}' in the outbox"):
            await box.drop(wanted, LATER)


async def test_what_was_delivered_is_forgotten_after_a_while(
    writer: JournalWriter, play: Play, box: Outbox, store: Store
) -> None:
    await write(writer, play("one", *LEFT, GONE))
    first = (await box.waiting(1))[0]
    await box.settle([delivered(first, LATER)])
    await box.settle([put_off(first, LATER, "an attempt that was thought lost, and was not")])
    assert await box.forget(LATER + timedelta(days=1), timedelta(days=1)) == 0
    assert await box.forget(LATER + timedelta(days=1, seconds=1), timedelta(days=1)) == 1
    assert await types(store) == ["call.missed", "call.ended"]


async def test_two_processes_never_claim_the_same_row(url: str, writer: JournalWriter, play: Play) -> None:
    for number in range(20):
        await write(writer, play(f"call-{number}"))

    async def claim(now: datetime) -> list[str]:
        async with open_store(url) as other:
            box, found = Outbox(other), list[str]()
            while claimed := await box.claim(now, now + LEASE, 3):
                found += [row.id for row in claimed]
            return found

    found = await asyncio.gather(claim(LATER), claim(LATER), claim(LATER))
    assert sorted(row for one in found for row in one) == sorted(f"call-{number}.call.started" for number in range(20))
