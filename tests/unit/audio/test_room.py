"""Whether there is room for a recording is known before one is promised."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from lcr_asterisk.audio import room as room_module
from lcr_asterisk.audio.room import Room, free_space


def test_the_free_space_of_a_directory_that_is_not_made_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    assert free_space(tmp_path / "not" / "made" / "yet") == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)


async def test_with_less_than_the_floor_there_is_no_room_and_the_reason_has_both_figures(tmp_path: Path) -> None:
    floor = 0
    room = Room([tmp_path, tmp_path / "recordings"], lambda: floor)
    await room.look()
    assert room.enough
    assert room.problem is None
    floor = 10**15  # the configuration was edited
    assert not room.enough
    assert room.problem is not None
    assert "MB are free for recordings, and 1000000000 MB have to be" in room.problem


async def test_the_fuller_of_two_disks_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {tmp_path / "spool": 5, tmp_path / "recordings": 50}
    monkeypatch.setattr(room_module, "free_space", sizes.__getitem__)
    room = Room(sizes, lambda: 10)
    await room.look()
    assert not room.enough
    sizes[tmp_path / "spool"] = 10
    await room.look()
    assert room.enough


async def test_before_the_first_look_and_on_a_disk_that_cannot_be_measured_nothing_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room([tmp_path], lambda: 1)
    assert not room.enough
    await room.look()
    assert room.enough

    def fails(_: object) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", fails)
    await room.look()
    assert not room.enough


async def test_a_disk_that_cannot_even_be_looked_at_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a mount whose server was started anew: what is asked of it fails until it is there again."""
    room = Room([tmp_path / "recordings"], lambda: 1)
    await room.look()
    assert room.enough

    def fails(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", fails)
        await room.look()
    assert room.free == 0
    assert f"{tmp_path}/recordings: cannot be measured: Permission denied." in caplog.messages
    await room.look()
    assert room.enough


async def test_whatever_goes_wrong_in_a_look_the_next_one_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    measured, loop, defects = asyncio.Event(), asyncio.get_running_loop(), [RuntimeError("a defect")]

    def free(directory: Path) -> int:
        if defects:
            raise defects.pop()
        loop.call_soon_threadsafe(measured.set)
        return 5

    monkeypatch.setattr(room_module, "LOOK_EVERY", 0)
    monkeypatch.setattr(room_module, "free_space", free)
    watch = asyncio.create_task(Room([tmp_path], lambda: 1).watch())
    await asyncio.wait([watch, asyncio.ensure_future(measured.wait())], return_when=asyncio.FIRST_COMPLETED)
    assert not watch.done()
    assert "the room for recordings could not be measured" in caplog.messages
    watch.cancel()
    await asyncio.wait([watch])
