"""A value as an admin would write it on one line of YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def flow(value: Any) -> str:
    """`{ring: [alice, bob], for: 25s}`; in quotes what other readers of YAML would take for something else."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.match(r"\+|.*[{}:,]( |$)|.*[{}]|.*[0-9]:[0-9]", text) else text


def _key(key: str) -> str:
    return json.dumps(key) if re.fullmatch("[0-9]{2,}", key) else key
