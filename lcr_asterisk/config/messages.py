"""What callers hear: texts to be spoken, or audio files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from lcr_asterisk.config.block import Block
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.values import ExistingFile, Spoken, wrong, wrong_block
from lcr_asterisk.config.yaml_tree import Text


class MessageSettings(Block):
    """What is heard: a text to be spoken, or an audio file; one of both."""

    say: Spoken | None = Field(
        default=None, description="A text, rendered ahead by the speech engine.", examples=["Welcome."]
    )
    file: ExistingFile | None = Field(
        default=None,
        validate_default=True,
        description="An audio file of any usual format, relative to this YAML.",
        examples=["welcome.wav"],
    )

    @field_validator("file")
    @classmethod
    def _one_of_both(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "say" in info.data and (file is None) == (info.data["say"] is None):
            has = "neither say nor file" if file is None else "both say and file"
            raise wrong_block(f'has {has}; write one of them, such as {{say: "Welcome."}} or {{file: welcome.wav}}')
        return file


NOTHING = MessageSettings.model_construct(say=None, file=None)
"""In the place of a message: nothing is said there. Written `none`."""


class _Ringing(MessageSettings):
    """Neither a text nor a file."""


RINGING = _Ringing.model_construct(say=None, file=None)
"""In the place of hold music: the tone of phones that ring. Written `ringing`."""


def _ringing_or(value: Any, message: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, Text) and value != "ringing":
        raise wrong(f"{quote(value.written)} is not known here; write ringing, or a block such as {{file: music.mp3}}")
    return RINGING if value == "ringing" else message(value)


def _none_or(value: Any, message: ValidatorFunctionWrapHandler) -> Any:
    return NOTHING if value == "none" else message(value)


class MessagesSettings(Block):
    """What callers of a route hear.

    Each message has a default in the route's language, where that is known.
    """

    welcome: Annotated[
        MessageSettings | None,
        WrapValidator(_none_or, json_schema_input_type=Literal["none"] | MessageSettings | None),
    ] = Field(
        default=None,
        description="First of all. `none` says nothing, so that phones ring, or the menu is heard, at once.",
        examples=[{"say": "You have reached the hotline."}],
    )
    wrong_choice: MessageSettings | None = Field(
        default=None,
        description="After a key that the menu does not have, or none.",
        examples=[{"say": "Sorry, I did not get that."}],
    )
    level: MessageSettings | None = Field(
        default=None,
        description="When the next level of the escalation begins.",
        examples=[{"say": "Please hold, we are calling somebody else."}],
    )
    hold: Annotated[
        MessageSettings | None,
        WrapValidator(_ringing_or, json_schema_input_type=Literal["ringing"] | MessageSettings | None),
    ] = Field(
        default=None,
        description="While phones ring: music from a file, a text that is said over and over, or `ringing`, the tone "
        "that is usual in the route's region. By default a piece of music of our own. Pauses in a file are shortened "
        "to a second: nobody is to take the line for dead.",
        examples=["ringing", {"file": "music.mp3"}],
    )
    no_answer: MessageSettings | None = Field(
        default=None, description="When nobody took the call.", examples=[{"say": "Nobody could take your call."}]
    )
    no_one_on_call: MessageSettings | None = Field(
        default=None, description="When there is nobody to ring.", examples=[{"say": "Nobody is on call."}]
    )
    inactive: MessageSettings | None = Field(
        default=None,
        description="When the route takes no calls; then the call ends.",
        examples=[{"say": "This hotline is closed."}],
    )
    pin: MessageSettings | None = Field(
        default=None,
        description="When a PIN is asked for.",
        examples=[{"say": "Please enter your PIN, then press the hash key."}],
    )
    wrong_pin: MessageSettings | None = Field(
        default=None,
        description="After the third wrong PIN; then the call ends.",
        examples=[{"say": "Without a valid PIN we cannot take your call."}],
    )
    voicemail: MessageSettings | None = Field(
        default=None, description="Before the beep.", examples=[{"say": "Please leave a message after the beep."}]
    )
    voicemail_choice: MessageSettings | None = Field(
        default=None,
        description="After a message that was ended by the hash key: 1 keeps it, as does silence, 2 records again.",
        examples=[{"say": "To keep this message, press 1. To record it again, press 2."}],
    )
    message_kept: MessageSettings | None = Field(
        default=None,
        description="When the message is safely on disk.",
        examples=[{"say": "Thank you. Your message is saved."}],
    )
    message_lost: MessageSettings | None = Field(
        default=None,
        description="When a message could not be kept.",
        examples=[{"say": "Your message could not be saved. Please call again."}],
    )
    no_room: MessageSettings | None = Field(
        default=None,
        description="In the place of `voicemail`, when the disk has no room for a message; then the call ends.",
        examples=[{"say": "We cannot take a message now. Please call again later."}],
    )
    goodbye: MessageSettings | None = Field(
        default=None, description="Before the call ends in another way.", examples=[{"say": "Goodbye."}]
    )
