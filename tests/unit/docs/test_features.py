"""docs/features.md: every behaviour that is matched has its row, and every test it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
ACCEPTANCE = REPOSITORY / "tests" / "acceptance"
IDS = [*(f"D{number}" for number in range(1, 26)), *(f"S{number}" for number in range(1, 29))]

TABLE = (REPOSITORY / "docs" / "features.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if re.match(r"\| [DS]\d", line)
]
STAGES = [
    "Routing",
    "Menus",
    "Languages",
    "Escalation",
    "Responders",
    "Callers",
    "Conversation",
    "Voicemail",
    "Call back",
    "Machines",
    "Outcome",
    "Other makes",
    "Pages",
]
PROMISES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith(tuple(f"| {stage} |" for stage in STAGES))
]
NAMED = re.findall(r"`(test_\w+\.py)::(\w+)`", TABLE)


def test_each_behaviour_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == IDS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_a_test_or_what_is_open(row: list[str]) -> None:
    _, behaviour, _, shown_by = row
    assert behaviour
    assert re.search(r"`test_\w+\.py::\w+`|Open: \w+", shown_by)


def test_each_stage_of_the_complete_call_has_its_promises_in_order() -> None:
    assert list(dict.fromkeys(row[0] for row in PROMISES)) == STAGES
    section = TABLE.partition("## The complete call\n")[2].partition("\n## ")[0]
    assert section.count("\n| ") - 1 == len(PROMISES), "a row of no known stage"


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row[1])
def test_a_promise_of_the_complete_call_names_a_test_or_what_is_open(row: list[str]) -> None:
    _, promise, shown_by = row
    assert promise
    assert re.search(r"`test_\w+\.py::\w+`|Open: \w+", shown_by)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_each_test_that_is_named_exists(file: str, name: str) -> None:
    module = ast.parse((ACCEPTANCE / file).read_text("utf-8"))
    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
