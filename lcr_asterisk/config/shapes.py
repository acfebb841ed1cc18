"""How values look to an editor: the JSON Schema of each kind of single value.

A shape is looser than the reader beside which it stands: it helps while typing, and `lcr config check` decides. Every
text may be, or contain, a `${NAME}`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"


def _text(form: str) -> JsonSchemaValue:
    return {"type": "string", "pattern": f"^({form})$|{_VARIABLE}"}


def text(form: str) -> WithJsonSchema:
    """A text of this form, as a regular expression of JSON Schema."""
    return WithJsonSchema(_text(form))


def key(form: str, title: str) -> WithJsonSchema:
    """A key of an admin's own choice, in which nothing is filled in; `title` stands for it in the reference."""
    return WithJsonSchema({"type": "string", "pattern": f"^({form})$", "title": title})


def whole(lowest: int, highest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": lowest, "maximum": highest})


def choice(words: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(map(str, words))})


def _any_of(*kinds: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": list(kinds)})


_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
_SOME_DAYS = f"{_DAY}(-{_DAY})?"

ANYTHING = text(r"[\s\S]*\S[\s\S]*")
BOOLEAN = WithJsonSchema({"type": "boolean"})
CALLER = text(r"hidden|\+[1-9][0-9]*\*|[+(]?[0-9][0-9 ()./-]*")
CLOCK = text("([01][0-9]|2[0-4]):[0-5][0-9]")
DAYS = _any_of(_text(f"{_SOME_DAYS}( *, *{_SOME_DAYS})*"), {"type": "array", "items": _text(_SOME_DAYS), "minItems": 1})
DIGIT = key("[0-9]", "DIGIT")
HAND_OVER_DIGIT = key("[1-9]", "DIGIT")
DURATION = text(r"(?=.)([0-9]+h)?([0-9]+m)?([0-9]+(\.[0-9]+)?s)?")
IP_NETWORK = text("[0-9a-fA-F.:]+(/[0-9]{1,3})?")
ID = key("[a-z][a-z0-9_-]*", "ID")
ENDPOINT = text("[A-Za-z][A-Za-z0-9_-]*")
HOST = text("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
LANGUAGE = text("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAIL_ADDRESS = text(r"[^@\s]+@[A-Za-z0-9.-]+")
NETWORK = text("[A-Za-z0-9][A-Za-z0-9./:-]*")
SIP_USER = text("[A-Za-z0-9+._-]+")
LINE = text(r".*\S.*")
LISTEN = text(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]+")
NOTIFICATION = text(r"voice|[a-z][a-z0-9+.-]*://\S+")
NUMBER = text("[+(]?[0-9][0-9 ()./-]*")
PERIOD = text("[0-9]{1,3}(h|d|w|mo)")
PHONE = text("[+(]?[0-9][0-9 ()./-]*|sip:[a-z][a-z0-9_-]*")
PIN = key("[0-9]{4,12}", "PIN")
PORTS = text("[0-9]{4,5}-[0-9]{4,5}")
REFERENCE = text("[a-z][a-z0-9_-]*")
REGION = text("[A-Z]{2}")
SECRET = WithJsonSchema({"type": "string", "minLength": 1, "writeOnly": True})
SIZE = text("[0-9]{1,6}(MB|GB)")
SLACK_ADDRESS = text(r"https?://\S+|xoxb-\S+")
SLACK_CHANNEL = text("[CGD][A-Z0-9]{2,}")
TARGET = text("(schedule:)?[a-z][a-z0-9_-]*")
URL = text(r"[a-z][a-z0-9+.-]*://\S+")
VERSION = WithJsonSchema({"const": 1})
WALL_TIME = text("[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")
WEB_ADDRESS = text(r"https?://\S+")
ZONE = text("[A-Za-z][A-Za-z0-9_+/-]*")
