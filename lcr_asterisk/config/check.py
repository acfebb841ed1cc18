"""`lcr config check`: every problem of a file, or a friendly word about it."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from pathlib import Path

from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Check:
    """`problems` as the lines to print, none if all is well; `summary` closes either."""

    problems: tuple[str, ...]
    summary: str


def check(path: Path, environ: Mapping[str, str], data: Path) -> Check:
    """Read the file as `load` does; a mistake is a result here, not an error."""
    try:
        settings = load(path, environ, data)
    except ConfigError as error:
        return Check(error.problems, f"{_count(error.problems, 'problem', 'problems')} in {path}")
    return Check((), f"{summary(settings)}: ok")


def summary(settings: Settings) -> str:
    """What the file defines: "1 route, 2 teams, 3 people"."""
    return ", ".join(
        (
            _count(settings.routes, "route", "routes"),
            _count(settings.teams, "team", "teams"),
            _count(settings.people, "person", "people"),
        )
    )


def _count(things: Sized, one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"
