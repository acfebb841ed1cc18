"""What is written in the YAML is what arrives, with its place."""

from __future__ import annotations

import pytest

from lcr_asterisk.config.problems import Place
from lcr_asterisk.config.yaml_tree import read


@pytest.mark.parametrize(
    "scalar", ["+14155551234", "0301234567", "22:30", "no", "~", "null", "1e3", "2026-11-02", "0x1F", "1_000", ".inf"]
)
def test_what_other_readers_would_reinterpret_stays_text(scalar: str) -> None:
    document = read(f"a: {scalar}\n", {})
    assert document.root == {"a": scalar}
    assert document.problems == []


def test_keys_stay_text_too() -> None:
    assert read("{1: a, yes: b, 4711: c}", {}).root == {"1": "a", "yes": "b", "4711": "c"}


def test_every_value_and_key_knows_its_place() -> None:
    document = read("a:\n  - b\n  - c: d\n    e: [f]\n", {})
    assert document.place(("a", 0)) == Place(2, 5)
    assert document.place(("a", 1, "c")) == Place(3, 8)
    assert document.place(("a", 1, "e", 0)) == Place(4, 9)
    assert document.place(("a",)) == Place(1, 1)
    assert document.keys[("a", 1, "e")] == Place(4, 5)


def test_variables_are_filled_in_anywhere_in_values_but_not_in_keys() -> None:
    document = read('{"${A}": "x${A}y${B}", b: $A, c: "$${A}"}', {"A": "1", "B": "2"})
    assert document.root == {"${A}": "x1y2", "b": "$A", "c": "$1"}
    assert document.problems == []


def test_what_a_variable_brings_in_is_text_and_never_yaml() -> None:
    assert read("a: ${A}\n", {"A": "[x]: &y\n- ${A}"}).root == {"a": "[x]: &y\n- ${A}"}


def test_an_empty_variable_is_a_mistake() -> None:
    document = read("a: ${A}\n", {"A": ""})
    assert [problem.told("f") for problem in document.problems] == [
        "f:1:4: a: the environment variable A is empty; set it before starting"
    ]
