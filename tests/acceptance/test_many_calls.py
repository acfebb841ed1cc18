"""Thirty callers at once: each is connected, and nothing is left of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.pbx.root import AsteriskBinary
from tests.acceptance.hotline import CONFIG, Hotline, until

ROUTES, OPTIONS = 10, 3
CALLS = ROUTES * OPTIONS


def crowd() -> dict[str, object]:
    """The configuration of the suite with ten hotlines of three teams each, and two people in every team."""
    content: dict[str, object] = yaml.load(CONFIG.read_text(), yaml.BaseLoader)  # every scalar as text
    people: dict[str, object] = {}
    teams: dict[str, object] = {}
    routes: dict[str, object] = {}
    for call in range(CALLS):
        for role in ("taker", "other"):
            number = f"+1415557{'1' if role == 'taker' else '2'}{call:03}"
            people[f"{role}-{call}"] = {"name": f"{role} {call}", "phones": [number]}
        teams[f"team-{call}"] = {"name": f"Team {call}", "escalation": [{"ring": [f"taker-{call}", f"other-{call}"]}]}
    for route in range(ROUTES):
        options = {str(option + 1): f"team-{route * OPTIONS + option}" for option in range(OPTIONS)}
        routes[f"route-{route}"] = {
            "name": f"Route {route}",
            "numbers": [f"+14155552{route:03}"],
            "menu": {"prompt": {"say": "tone:menu"}, "options": options, "fallback": "hang_up", "timeout": "20s"},
            "messages": {"hold": {"say": "tone:hold:5"}},
        }
    defaults = {"region": "US", "ring": "30s", "confirm": "30s", "max_wait": "120s"}
    return content | {"defaults": defaults, "people": people, "teams": teams, "routes": routes}


@pytest_asyncio.fixture
async def busy_hotline(tmp_path: Path, asterisk_binary: AsteriskBinary) -> AsyncIterator[Hotline]:
    config = tmp_path / "crowd.yaml"
    config.write_text(yaml.safe_dump(crowd(), default_style='"'))
    async with Hotline(tmp_path, asterisk_binary, config, lines=2 * CALLS) as hotline:
        yield hotline
        print("\n".join(hotline.output))  # shown with a failure


@pytest.mark.alone
@pytest.mark.timeout(240)
async def test_thirty_calls_at_once_are_all_connected_and_leave_nothing_behind(busy_hotline: Hotline) -> None:
    hotline = busy_hotline
    before, files_before = await hotline.at_rest(), _open_files(hotline)

    async def whole_call(number: int) -> str:
        caller = hotline.caller()
        taker, other = hotline.phone(f"taker-{number}"), hotline.phone(f"other-{number}")
        await caller.dials(f"+14155552{number // OPTIONS:03}")
        await caller.hears("menu", within=30)
        await caller.presses(str(number % OPTIONS + 1))
        await taker.rings(within=30)
        await other.rings(within=30)
        await taker.answers(within=30)
        await taker.hears("whisper", within=30)
        await taker.presses("1")
        await other.stops_ringing(within=30)
        caller.speaks("caller-voice")
        await taker.hears("caller-voice", within=30)
        taker.speaks("alice-voice")
        await caller.hears("alice-voice", within=30)
        all_talk.append(number)
        if len(all_talk) == CALLS:
            everybody_talks.set()
        await everybody_talks.wait()
        await caller.hangs_up(within=30)
        call = await hotline.logged(caller)
        assert call.result is Result.CONNECTED
        return str(call.answered_by)

    all_talk: list[int] = []
    everybody_talks = asyncio.Event()
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(whole_call(number)) for number in range(CALLS)]
    assert [call.result() for call in calls] == [f"taker-{number}" for number in range(CALLS)]

    await hotline.nothing_is_left()
    await hotline.rang_as_rehearsed()
    after = await hotline.at_rest()
    assert (after["calls"], after["tasks"]) == (0, before["tasks"])

    async def closed() -> bool:
        return len(_open_files(hotline)) <= len(files_before)

    await until(closed, lambda: f"open before: {files_before}\nand now: {_open_files(hotline)}")


def _open_files(hotline: Hotline) -> list[str]:
    """The files and sockets that the engine has open, its pool of database connections aside."""
    found = []
    for handle in Path(f"/proc/{hotline.engine_pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed while we look
            found.append(str(handle.readlink()))
    return [target for target in found if not target.startswith(str(hotline.data))]
