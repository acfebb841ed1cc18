"""A speech recogniser as a program of its own: `python -m lcr_asterisk.audio.hearing ENGINE MODEL LANGUAGE FILE.wav`.

It prints what is said in a WAV file of 16 kHz, mono, 16 bit. Run by `transcribe.py`, which bounds its time.
"""

from __future__ import annotations

import json
import sys
import wave
from importlib import import_module

_PIECE = 4000  # samples


def vosk(model: str, _: str, file: str) -> str:
    """`model` is the directory of an unpacked Vosk model, which knows one language."""
    library = import_module("vosk")
    library.SetLogLevel(-1)
    with wave.open(file, "rb") as sound:
        recogniser = library.KaldiRecognizer(library.Model(model), sound.getframerate())
        parts = []
        while piece := sound.readframes(_PIECE):
            if recogniser.AcceptWaveform(piece):
                parts.append(json.loads(recogniser.Result())["text"])
    return " ".join([*parts, json.loads(recogniser.FinalResult())["text"]])


def faster_whisper(model: str, language: str, file: str) -> str:
    """`model` is the directory of a converted Whisper model; nothing is fetched."""
    library = import_module("faster_whisper")
    recogniser = library.WhisperModel(model, device="cpu", compute_type="int8", local_files_only=True)
    segments, _ = recogniser.transcribe(file, language=language.partition("-")[0])
    return " ".join(segment.text for segment in segments)


def main(arguments: list[str]) -> int:
    """0, or 1 with one line about what is wrong on standard error."""
    engine, model, language, file = arguments
    try:
        print({"vosk": vosk, "faster-whisper": faster_whisper}[engine](model, language, file))
    except ModuleNotFoundError as error:
        print(f"{engine} is not installed ({error}); install it: pip install {engine}", file=sys.stderr)
        return 1
    except Exception as error:  # a model that does not fit, a library of another version: one line, no traceback
        print(f"{engine} with the model {model}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
