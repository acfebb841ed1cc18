"""Two sides of a talk, recorded apart, are one recording in which each stands beside what was said at the time."""

from __future__ import annotations

import audioop
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.stereo import weave
from lcr_asterisk.audio.wav import STEREO_FORMAT, header, layout, wav_bytes
from lcr_asterisk.errors import AudioError

ENDED = 1_700_000_000.0
SECOND = bytes(16000)


class Talk:
    def __init__(self, directory: Path) -> None:
        self.left, self.right = directory / "left.wav", directory / "right.wav"
        self.target = directory / "sides" / "talk.wav"

    def side(self, path: Path, pcm: bytes, ended: float = ENDED) -> None:
        path.write_bytes(wav_bytes(pcm))
        os.utime(path, (ended, ended))

    def heard(self) -> tuple[str, str]:
        """Each second of the left and of the right: `#` where something is heard."""
        weave(self.left, self.right, self.target)
        found = layout(self.target)
        assert found is not None
        assert found.fmt == STEREO_FORMAT
        pcm = self.target.read_bytes()[found.offset :]
        assert len(pcm) == found.length
        return _seconds(audioop.tomono(pcm, 2, 1, 0)), _seconds(audioop.tomono(pcm, 2, 0, 1))


def _seconds(pcm: bytes) -> str:
    return "".join("#" if audioop.rms(pcm[at : at + 16000], 2) > 100 else "." for at in range(0, len(pcm), 16000))


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


@pytest.fixture
def loud(make_tone: Callable[..., bytes]) -> bytes:
    return make_tone(1.0)


def test_the_caller_is_left_and_the_responder_right(talk: Talk, loud: bytes) -> None:
    talk.side(talk.left, loud + SECOND + loud)
    talk.side(talk.right, SECOND + loud + SECOND)
    assert talk.heard() == ("#.#", ".#.")


def test_a_side_that_began_late_is_where_it_was_said(talk: Talk, loud: bytes) -> None:
    talk.side(talk.left, loud + SECOND * 3)
    talk.side(talk.right, loud + SECOND)
    assert talk.heard() == ("#...", "..#.")


def test_a_side_that_nobody_ended_does_not_move_the_other(talk: Talk, loud: bytes) -> None:
    talk.side(talk.left, SECOND + loud)
    talk.side(talk.right, loud + SECOND * 4, ENDED + 3)
    assert talk.heard() == (".#...", "#....")


@pytest.mark.parametrize("other", [None, b""])
def test_where_one_side_is_missing_the_other_is_kept(talk: Talk, loud: bytes, other: bytes | None) -> None:
    talk.side(talk.right, loud + SECOND)
    if other is not None:
        talk.side(talk.left, other)
    assert talk.heard() == ("..", "#.")


def test_of_two_sides_without_a_sound_a_recording_of_no_length_is_made(talk: Talk) -> None:
    talk.side(talk.left, b"")
    assert talk.heard() == ("", "")


def test_a_talk_of_many_minutes_is_woven_piece_by_piece(talk: Talk, loud: bytes) -> None:
    talk.side(talk.left, SECOND * 200 + loud)
    talk.side(talk.right, loud + SECOND * 200)
    assert talk.heard() == ("." * 200 + "#", "#" + "." * 200)


def test_what_is_no_side_of_a_talk_is_named_and_nothing_is_left(talk: Talk, loud: bytes) -> None:
    talk.side(talk.left, loud)
    talk.right.write_bytes(header(STEREO_FORMAT, 8) + bytes(8))
    with pytest.raises(AudioError, match=r"right\.wav: not 8 kHz mono"):
        weave(talk.left, talk.right, talk.target)
    assert not talk.target.exists()
