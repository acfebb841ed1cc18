"""docs/call-states.md is what the machine does, not what somebody once wrote about it."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "call-states.md"


def test_the_table_of_states_and_events_in_the_documentation_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("lcr_asterisk.callflow.table", run_name="__main__")
    assert capsys.readouterr().out == PAGE.read_text("utf-8"), (
        "run: .venv/bin/python -m lcr_asterisk.callflow.table > docs/call-states.md"
    )
