"""`lcr config check`: every problem of a file, what is surely not meant, or a friendly word about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lcr_asterisk.config.lint import lint
from lcr_asterisk.config.load import load
from lcr_asterisk.config.problems import MOST_TOLD
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Check:
    """`problems` and `warnings` as the lines to print, none if all is well; `summary` closes them.

    Of very many these are the first; `more` counts the others. `remedy` says what to do where a problem is no line of
    the file. A file with problems cannot be used, and so is not looked at for warnings.
    """

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    summary: str
    more: int = 0
    remedy: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, as it is printed."""
        further = [f"and {self.more} more"] if self.more else []
        remedy = [self.remedy] if self.remedy is not None else []
        return (*self.problems, *self.warnings, *further, *remedy, self.summary)


def check(path: Path, environ: Mapping[str, str], data: Path, now: datetime) -> Check:
    """Read the file as `load` does; a mistake is a result here, not an error. Warnings are of the time after `now`."""
    try:
        settings = load(path, environ, data)
    except ConfigError as error:
        many = _count(len(error.problems) + error.more, "problem", "problems")
        return Check(error.problems, (), f"{many} in {path}", error.more, error.remedy)
    found = lint(settings, now)
    told = tuple(replace(warning, text=f"warning: {warning.text}").told(str(path)) for warning in found[:MOST_TOLD])
    result = _count(len(found), "warning", "warnings") if found else "ok"
    return Check((), told, f"{summary(settings)}: {result}", len(found) - len(told))


def summary(settings: Settings) -> str:
    """What the file defines: "1 route, 2 teams, 1 schedule, 3 people"."""
    return ", ".join(
        [
            _count(len(settings.routes), "route", "routes"),
            _count(len(settings.teams), "team", "teams"),
            *([_count(len(settings.schedules), "schedule", "schedules")] if settings.schedules else ()),
            _count(len(settings.people), "person", "people"),
        ]
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
