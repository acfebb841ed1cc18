"""Each sound has its own tone, and a text becomes the right one."""

from __future__ import annotations

import audioop
import io
import itertools
import wave
from pathlib import Path

import pytest
import yaml

from lcr_asterisk.errors import AudioError
from lcr_asterisk.simulator import tone_tts
from lcr_asterisk.simulator.ear import recognise
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE, TONES, packet, write_tone

DTMF = (697, 770, 852, 941, 1209, 1336, 1477, 1633)


def test_no_tone_can_be_taken_for_another_or_for_a_key() -> None:
    for one, other in itertools.combinations(TONES.values(), 2):
        assert abs(one - other) >= 100
    for tone, key in itertools.product(TONES.values(), DTMF):
        assert abs(tone - key) >= 40
    assert all(tone * PACKET_SAMPLES % RATE == 0 for tone in TONES.values()), "whole periods in a packet"


def test_a_tone_file_is_a_telephone_wav_of_the_asked_length(tmp_path: Path) -> None:
    write_tone(tmp_path / "hold.wav", "hold", 1.5)
    with wave.open(str(tmp_path / "hold.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() == 12000
        assert file.readframes(PACKET_SAMPLES) == packet("hold")


@pytest.mark.parametrize(
    ("text", "tones"),
    [
        ("tone:welcome", (("welcome", 0.6),)),
        ("tone:hold:5", (("hold", 5.0),)),
        ("tone:menu:0.2 tone:beep\n", (("menu", 0.2), ("beep", 0.6))),
        ("You have reached Production Incidents.", (("welcome", 0.6),)),
        ("For Platform, press 1. For Payments, press 2.", (("menu", 0.3),)),
        ("Call for Production Incidents, team Platform.", (("whisper", 0.5),)),
        ("seven", (("digits", 0.06),)),
    ],
)
def test_a_text_becomes_its_tone(text: str, tones: tuple[tuple[str, float], ...]) -> None:
    assert tone_tts.tones_of(text) == tones


@pytest.mark.parametrize(
    ("text", "complaint"), [("Hello there", "No tone stands for"), ("tone:oboe", "no tone 'oboe'")]
)
def test_a_text_without_a_tone_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(AudioError, match=complaint):
        tone_tts.tones_of(text)


def test_every_default_message_has_a_tone() -> None:
    for key, template in yaml.safe_load((tone_tts.SOUNDS / "en.yaml").read_text("utf-8")).items():
        assert (
            tone_tts.tones_of(template.format(route="R", team="T", digit="5", label="L", person="P"))[0][0] in TONES
        ), key


def test_the_engine_reads_a_text_and_writes_its_tone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out.wav"
    monkeypatch.setattr("sys.stdin", io.StringIO("tone:level:0.1"))
    assert tone_tts.main(["--output", str(output)]) == 0
    write_tone(tmp_path / "level.wav", "level", 0.1)
    assert output.read_bytes() == (tmp_path / "level.wav").read_bytes()


def test_the_engine_fails_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Hello"))
    assert tone_tts.main(["--output", str(tmp_path / "out.wav")]) == 1
    assert "No tone stands for the text 'Hello'" in capsys.readouterr().err


def test_every_tone_is_recognised_through_the_telephone() -> None:
    sounds = recognise([audioop.lin2ulaw(packet(name), 2) for name in TONES])
    assert [sound.tones for sound in sounds] == [(name,) for name in TONES]
