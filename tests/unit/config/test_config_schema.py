"""An editor that knows the JSON Schema accepts what we accept, and the reference describes every key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from lcr_asterisk.config import reference, schema

TOP = Path(__file__).parents[3]
FIXTURES = TOP / "tests" / "data" / "config"
FILES = [*sorted((FIXTURES / "good").glob("*.yaml")), TOP / "lcr.example.yaml"]
SCHEMA = schema()
EDITOR = Draft202012Validator(SCHEMA)


class PlainLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, by which editors read: dates, times of day and `no` are text, 1 and true are not."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, form, first in (
    ("bool", "true|false", "tf"),
    ("int", "[-+]?[0-9]+", "+-0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "+-.0123456789"),
    ("null", "~|null", "~n"),
):
    PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({form})$"), list(first))


def as_an_editor_reads(path: Path) -> Any:
    """JSON's objects have only text for keys, so `1:` in a menu is "1"."""
    return with_text_keys(yaml.load(path.read_text("utf-8"), PlainLoader))


def with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): with_text_keys(inner) for key, inner in value.items()}
    return [with_text_keys(inner) for inner in value] if isinstance(value, list) else value


def blocks() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every key of every block, with what the schema says about it."""
    for name, block in {"the file": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, described in block["properties"].items():
            yield name, key, described


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_editor_finds_nothing_wrong_with_a_good_file(path: Path) -> None:
    assert [error.message for error in EDITOR.iter_errors(as_an_editor_reads(path))] == []


@pytest.mark.parametrize(
    "name",
    [
        "active-is-no",
        "alert-is-an-address",
        "alert-to-a-channel",
        "caller-number-without-quotes",
        "caller-star-in-the-middle",
        "duration-in-words",
        "duration-without-unit",
        "gaps-misspelt",
        "in-call-end-is-yes",
        "in-call-hand-over-by-zero",
        "in-call-is-a-list",
        "in-call-key-misspelt",
        "hours-day-unknown",
        "hours-to-after-midnight",
        "ical-is-no-address",
        "layer-every-in-words",
        "layer-start-with-an-offset",
        "layer-without-people",
        "menu-inside-a-menu-unknown-key",
        "menu-option-two-digits",
        "menu-tries-zero",
        "no-answer-misspelt",
        "notify-by-an-unknown-way",
        "override-without-end",
        "person-without-name",
        "phone-without-quotes",
        "pin-too-short",
        "schedule-id-in-capitals",
        "sections-missing",
        "softphone-with-capitals",
        "timezone-is-an-offset",
        "unknown-key",
        "unknown-message",
        "unknown-section",
        "version-of-the-future",
    ],
)
def test_an_editor_underlines_such_mistakes_while_one_types(name: str) -> None:
    assert not EDITOR.is_valid(as_an_editor_reads(FIXTURES / "bad" / f"{name}.yaml"))


@pytest.mark.parametrize(("block", "key", "described"), list(blocks()), ids=lambda value: str(value)[:20])
def test_every_key_is_described_with_an_example_that_is_right(block: str, key: str, described: dict[str, Any]) -> None:
    assert described["description"].endswith((".", ".”")), "in sentences"
    assert described["examples"]
    one_value = EDITOR.evolve(schema={**described, "$defs": SCHEMA["$defs"]})
    for example in described["examples"]:
        assert [error.message for error in one_value.iter_errors(example)] == []
    if "default" in described:
        one_value.validate(described["default"])


def test_the_reference_in_the_documentation_is_current() -> None:
    """`lcr config reference > docs/reference.md` makes it so."""
    assert (TOP / "docs" / "reference.md").read_text("utf-8") == reference()


def test_the_reference_names_every_key() -> None:
    told = reference()
    for block, key, _ in blocks():
        assert f"| `{key}` |" in told, f"{key} of {block}"


def test_every_link_in_the_reference_leads_somewhere() -> None:
    told = reference()
    headings = {heading.lower().replace(" ", "-") for heading in re.findall("^## (.*)$", told, re.MULTILINE)}
    assert set(re.findall(r"\(#(.*?)\)", told)) <= headings
