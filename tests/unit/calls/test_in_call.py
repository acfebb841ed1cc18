"""Keys while people talk, between Asterisk and the rules: what is a code, what is passed on, what is written down."""

from __future__ import annotations

from lcr_asterisk.ari.messages import ChannelDtmfReceived, PlaybackFinished, StasisStart
from lcr_asterisk.callflow.events import Caller, CodeAbandoned, Connected, LegAnswered, LegPressed
from lcr_asterisk.callflow.states import HandingOver, Talking
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.errors import NotFound
from tests.unit.calls.conftest import Desk, channel

CALLER = "1.0"
KEYS, NO_KEYS = "+14155551010", "+14155551001"


def talk(desk: Desk, number: str = KEYS) -> str:
    """Alice and the caller talk; her leg."""
    desk.switchboard.on_event(StasisStart(channel(CALLER), ("inbound", number)))
    leg = desk.driver.call.legs[0].id
    for event in (LegAnswered(leg), LegPressed(leg, "1"), Connected(leg)):
        desk.driver.post(event)
    assert isinstance(desk.driver.call.stage, Talking)
    return leg


def keys(desk: Desk, who: str, digits: str) -> None:
    for digit in digits:
        desk.switchboard.on_event(ChannelDtmfReceived(channel(who), digit, 100))


def passed_on(desk: Desk) -> str:
    """The keys that the caller was sent."""
    sent = [request for request in desk.asterisk.sent if str(request) == f"POST channels/{CALLER}/dtmf"]
    return "".join(dict(request.query)["dtmf"] for request in sent)


def written_down(desk: Desk) -> list[object]:
    return [entry.event for entry in desk.journal.entries[4:] if isinstance(entry.event, LegPressed | CodeAbandoned)]


# -- digits ----------------------------------------------------------------------------------------------------------


async def test_what_is_no_code_is_passed_on_and_not_written_down(desk: Desk) -> None:
    leg = talk(desk)
    keys(desk, leg, "4711#")
    assert passed_on(desk) == "4711#"
    assert written_down(desk) == []


async def test_what_had_begun_like_a_code_is_passed_on_in_order(desk: Desk) -> None:
    leg = talk(desk)
    keys(desk, leg, "*5*24**7")
    assert passed_on(desk) == "*5*24**7"
    abandoned = [LegPressed(leg, "*"), CodeAbandoned(leg)]
    assert written_down(desk) == [
        *abandoned,
        LegPressed(leg, "*"),
        LegPressed(leg, "2"),
        CodeAbandoned(leg),
        *abandoned,
        *abandoned,
    ], "only what could have been a code"


async def test_a_code_is_not_passed_on(desk: Desk) -> None:
    keys(desk, talk(desk), "*22")
    assert passed_on(desk) == ""
    assert isinstance(desk.driver.call.stage, HandingOver)
    assert desk.asterisk.requests(f"POST channels/{CALLER}/play/")


async def test_without_keys_the_bridge_passes_all_on_and_nothing_is_reported_there(desk: Desk) -> None:
    leg = talk(desk, NO_KEYS)
    keys(desk, leg, "*1*9")
    assert passed_on(desk) == ""
    assert written_down(desk) == []
    (bridge,) = [dict(request.query) for request in desk.asterisk.sent if "bridges/" in request.uri][:1]
    assert bridge["type"] == "mixing"
    assert not any("absorbDTMF" in dict(request.query) for request in desk.asterisk.sent)


async def test_with_keys_the_bridge_reports_them_and_takes_only_the_responders(desk: Desk) -> None:
    leg = talk(desk)
    bridge, *added = [request for request in desk.asterisk.sent if request.uri.startswith("bridges/")]
    assert dict(bridge.query)["type"] == "mixing,dtmf_events"
    absorbs = {str(dict(request.body or {})["channel"]): dict(request.query).get("absorbDTMF") for request in added[:2]}
    assert absorbs == {f"['{CALLER}']": None, f"['{leg}']": "true"}


async def test_the_callers_keys_are_none_of_ours(desk: Desk) -> None:
    talk(desk)
    before = len(desk.journal.entries)
    keys(desk, CALLER, "*1*9")
    assert (passed_on(desk), len(desk.journal.entries)) == ("", before)


# -- what only one of them hears ------------------------------------------------------------------------------------


async def test_where_nobody_joins_the_responder_hears_so_over_the_talk(desk: Desk) -> None:
    """Asterisk plays to that channel only when it has entered the application; when all is said it ends."""
    leg = talk(desk)
    keys(desk, leg, "*1")
    (asked,) = desk.asterisk.requests(f"POST channels/{leg}/snoop/")
    aside = asked.rpartition("/")[2]
    assert ids.is_aside(aside)
    assert not desk.asterisk.requests(f"POST channels/{aside}/play")
    desk.switchboard.on_event(StasisStart(channel(aside), ()))
    (played,) = desk.asterisk.requests(f"POST channels/{aside}/play/")
    assert len(desk.registry) == 1, "an aside is no caller"
    desk.switchboard.on_event(PlaybackFinished(played.rpartition("/")[2], "sound:x", "done"))
    assert desk.asterisk.requests(f"DELETE channels/{aside}")


async def test_an_aside_from_before_a_crash_is_ended(desk: Desk) -> None:
    aside = ids.aside(f"{ids.talk('20261121-090012-k7m3q').removesuffix('talk')}play-4")
    desk.switchboard.on_event(StasisStart(channel(aside), ()))
    assert desk.asterisk.requests("DELETE channels/") == [f"DELETE channels/{aside}"]


async def test_an_aside_that_cannot_be_made_is_done_with(desk: Desk) -> None:
    leg = talk(desk)
    keys(desk, leg, "*1")
    (asked,) = desk.asterisk.requests(f"POST channels/{leg}/snoop/")
    await desk.asterisk.refuses(asked, NotFound(404, "gone", "snoop"))
    after = desk.driver.call.leg(leg)
    assert after is not None
    assert after.playback is None


# -- the plan --------------------------------------------------------------------------------------------------------


def test_a_call_knows_its_keys_and_how_responders_are_introduced(book: PlanBook) -> None:
    plan = book.plan_for(KEYS, Caller("+14155550199", ""))
    assert plan.in_call is not None
    assert plan.in_call.codes == ("*1", "*9", "*22")
    assert plan.find_team("ordered") is not None, "a team to which callers are handed over"
    assert {(language, who) for language, who, _ in plan.in_call.introductions} == {
        (language, who) for language in ("", "de") for who in ("alice", "bob", "olga")
    }
    english, german = plan.in_call.introduction("alice", None), plan.in_call.introduction("alice", "de")
    assert english is not None
    assert english != german
    assert plan.in_call.introduction("alice", "fr") == english


def test_where_more_than_two_may_talk_there_are_no_two_sides(book: PlanBook) -> None:
    plan = book.plan_for(KEYS, Caller("+14155550199", ""))
    assert (plan.record, plan.stereo) == (True, False)


def test_without_keys_a_call_has_none_and_a_call_back_has_none_ever(book: PlanBook) -> None:
    assert book.plan_for(NO_KEYS, Caller("+14155550199", "")).in_call is None
    assert book.callback_plan("keys", KEYS, None).in_call is None
