"""The YAML as JSON Schema (draft 2020-12), for editors that complete keys and underline mistakes while one types."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lcr_asterisk.config.secret_files import OF_ALERTS, OF_THE_FILE, SUFFIX
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.values import Listen, Size, show_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Accepts every file that `load` accepts. It cannot know which names and files exist: `lcr config check` does."""
    described = Settings.model_json_schema(by_alias=True, schema_generator=_AsWritten)
    _with_files(described, OF_THE_FILE)
    _with_files(described["$defs"]["AlertSettings"], OF_ALERTS)
    return {"$schema": DIALECT, **described, "title": "Live call routing"}


def _with_files(block: dict[str, Any], keys: Sequence[str]) -> None:
    """Beside each of these secrets, the key that names a file with it."""
    beside: dict[str, Any] = {}
    for key, described in block["properties"].items():
        beside[key] = described
        if key in keys:
            beside[key + SUFFIX] = {
                "type": "string",
                "description": f"A file with nothing in it but what `{key}` would be, instead of it.",
                "examples": [f"/run/secrets/{key}"],
            }
    block["properties"] = beside


class _AsWritten(GenerateJsonSchema):
    """Describes what stands in the file, not what is made of it."""

    def field_title_should_be_set(self, _: Any) -> bool:
        return False

    def sort(self, value: JsonSchemaValue, _: str | None = None) -> JsonSchemaValue:
        return value  # as the classes have it: most important first

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        # What is None here is not written there; YAML's own null is a mistake.
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return {
            "type": "object",
            "propertyNames": self.generate_inner(schema["keys_schema"]),
            "additionalProperties": self.generate_inner(schema["values_schema"]),
        }

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = self.generate_inner(schema["schema"])
        written = _written(schema.get("default"))
        return described if written is None else {**described, "default": written}


def _written(default: Any) -> Any:
    """A default as one would write it; None where that depends, or is nothing."""
    match default:
        case StrEnum():
            return default.value
        case bool() | str():
            return default
        case Size() | Listen():
            return str(default)
        case int():
            return default
        case float():
            return show_duration(default) if default else None
        case (int(first), int(last)):
            return f"{first}-{last}"
        case _:
            return None
