"""The reference of every key, for people: `docs/reference.md`, made of the JSON Schema alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lcr_asterisk.config.flow import flow
from lcr_asterisk.config.schema import schema

Described = dict[str, Any]

_PLACES_SHOWN = 3
_INTRODUCTION = """\
# Reference: every key of the YAML

One file, `lcr.yaml`, says who can be called, who is on call, and what happens on each hotline.
[Configure a route in ten minutes](configure.md) shows how to write one; here is all it can say. This page is what
`lcr config reference` prints, made from the same definitions that read the file.

- **Durations** have a unit: `25s`, `5m`, `2m30s`, `1h`.
- **Phone numbers** stand in quotes, best with + and the country code: `"+14155550101"`.
- **Times** are those on the clock on the wall, in the schedule's timezone: `"2026-11-02T09:00"`.
- **Ids** are of a–z, 0–9, _ and -, a letter first. Below, ID stands for one of your choice, and `[]` for an item of a
  list.
- **Secrets** need not stand in the file: `${NAME}` anywhere in a value is replaced from the environment, and keys
  ending in `_file` name a file with the secret. What may hold a secret is never printed.
- **Files** are looked for beside the YAML, unless their whole path is given.
- An unknown key, a name that is not defined or a value that cannot be meant is a mistake. `lcr config check` names all
  of them at once, with line and column; `lcr config schema` lets an editor do so while you type.
"""


@dataclass(slots=True)
class _Section:
    """A block of keys, with the places in the file at which it may stand."""

    block: Described
    places: list[str] = field(default_factory=list)


def reference() -> str:
    """Markdown."""
    root = schema()
    sections = {"": _Section({**root, "title": "The file"})}
    _find(root, "", root["$defs"], sections)
    return "\n".join([_INTRODUCTION, *(_told(section, root["$defs"]) for section in sections.values())])


def _find(block: Described, place: str, blocks: dict[str, Described], sections: dict[str, _Section]) -> None:
    """Gather the blocks under the keys of this one, each before what is inside it."""
    for key, value in block["properties"].items():
        for name, inner in _blocks_in(value, f"{place}.{key}".removeprefix(".")):
            known = name in sections
            section = sections.setdefault(name, _Section(blocks[name]))
            section.places.append(inner)
            if not known:
                _find(section.block, inner, blocks, sections)


def _blocks_in(value: Described, place: str) -> Iterator[tuple[str, str]]:
    """The blocks that may stand here or inside a list or table here, each with its place."""
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2], place
    for kind in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _blocks_in(kind, place)
    if "items" in value:
        yield from _blocks_in(value["items"], f"{place}[]")
    if isinstance(value.get("additionalProperties"), dict):
        yield from _blocks_in(value["additionalProperties"], f"{place}.{value['propertyNames'].get('title', 'TEXT')}")


def _told(section: _Section, blocks: dict[str, Described]) -> str:
    block = section.block
    lines = [f"## {block['title']}", ""]
    if section.places:
        lines += [f"At {_places(section.places)}.", ""]
    lines += [block["description"], "", "| Key | What it says | Default | For example |", "|---|---|---|---|"]
    for key, value in block["properties"].items():
        needed = key in block.get("required", ())
        default = "**required**" if needed else f"`{flow(value['default'])}`" if "default" in value else "–"
        lines.append(f"| `{key}` | {_meaning(value, blocks)} | {default} | `{flow(value['examples'][-1])}` |")
    return "\n".join([*lines, ""])


def _places(places: list[str]) -> str:
    shown = ", ".join(f"`{place}`" for place in places[:_PLACES_SHOWN])
    return shown + (" and wherever a key leads here" if len(places) > _PLACES_SHOWN else "")


def _meaning(value: Described, blocks: dict[str, Described]) -> str:
    said = value["description"]
    if "enum" in value:
        said += " One of " + ", ".join(f"`{word}`" for word in value["enum"]) + "."
    if "minimum" in value:
        said += f" From {value['minimum']} to {value['maximum']}."
    titles = dict.fromkeys(blocks[name]["title"] for name, _ in _blocks_in(value, ""))
    return " ".join([said, *(f"→ [{title}](#{title.lower()})" for title in titles)])
