"""`lcr config check`: every problem of a file, what is surely not meant, or a friendly word about it."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lcr_asterisk.config.lint import lint
from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Check:
    """`problems` and `warnings` as the lines to print, none if all is well; `summary` closes them.

    A file with problems cannot be used, and so is not looked at for warnings.
    """

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    summary: str


def check(path: Path, environ: Mapping[str, str], data: Path, now: datetime) -> Check:
    """Read the file as `load` does; a mistake is a result here, not an error. Warnings are of the time after `now`."""
    try:
        settings = load(path, environ, data)
    except ConfigError as error:
        return Check(error.problems, (), f"{_count(error.problems, 'problem', 'problems')} in {path}")
    found = lint(settings, now)
    warnings = tuple(replace(warning, text=f"warning: {warning.text}").told(str(path)) for warning in found)
    result = _count(warnings, "warning", "warnings") if warnings else "ok"
    return Check((), warnings, f"{summary(settings)}: {result}")


def summary(settings: Settings) -> str:
    """What the file defines: "1 route, 2 teams, 1 schedule, 3 people"."""
    return ", ".join(
        [
            _count(settings.routes, "route", "routes"),
            _count(settings.teams, "team", "teams"),
            *([_count(settings.schedules, "schedule", "schedules")] if settings.schedules else ()),
            _count(settings.people, "person", "people"),
        ]
    )


def _count(things: Sized, one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"
