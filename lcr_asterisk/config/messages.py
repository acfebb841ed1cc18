"""What callers hear: texts to be spoken, or audio files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from lcr_asterisk.config.block import Block
from lcr_asterisk.config.values import ExistingFile, Spoken, wrong_block


class MessageSettings(Block):
    """What is heard: `say` is a text to be spoken, or `file` an existing audio file; one is set, save in NOTHING."""

    say: Spoken | None = Field(default=None, examples=["Welcome."])
    file: ExistingFile | None = Field(default=None, examples=["welcome.wav"], validate_default=True)

    @field_validator("file")
    @classmethod
    def _one_of_both(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "say" in info.data and (file is None) == (info.data["say"] is None):
            has = "neither say nor file" if file is None else "both say and file"
            raise wrong_block(f'has {has}; write one of them, such as {{say: "Welcome."}} or {{file: welcome.wav}}')
        return file


NOTHING = MessageSettings.model_construct(say=None, file=None)
"""In the place of a message: nothing is said there. Written `none`."""


def _none_or(value: Any, message: ValidatorFunctionWrapHandler) -> Any:
    return NOTHING if value == "none" else message(value)


class MessagesSettings(Block):
    """What callers of a route hear, each with a default of its own where it is None.

    `welcome: none` says nothing, so that phones ring in the instant a call arrives.
    """

    welcome: Annotated[MessageSettings | None, WrapValidator(_none_or)] = None
    wrong_choice: MessageSettings | None = None
    level: MessageSettings | None = None
    hold: MessageSettings | None = None
    no_answer: MessageSettings | None = None
    no_one_on_call: MessageSettings | None = None
    inactive: MessageSettings | None = None
    pin: MessageSettings | None = None
    wrong_pin: MessageSettings | None = None
    voicemail: MessageSettings | None = None
    message_kept: MessageSettings | None = None
    message_lost: MessageSettings | None = None
    goodbye: MessageSettings | None = None
