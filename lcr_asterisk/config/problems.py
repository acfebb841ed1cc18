"""Where a mistake is and how it is told: `file:line:column: path: what is wrong, what would be right`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lcr_asterisk.errors import ConfigError

Path = tuple[str | int, ...]
"""The way to a value through the YAML: keys, and positions in lists counted from 0."""

_LONGEST_QUOTE = 40
_PASSWORD = re.compile(r"(?<!\w)(?!sips?:|mailto:)[^\s/:@]+:[^\s/@]+@")
_LONGEST_LIST = 12
_LIKE = 0.6  # of 1; from here on a slip of the hand is likely

MOST_TOLD = 100
"""Nobody reads more at once; the others are counted."""

Hint = Callable[[], str]
"""Finds what would be right. Asked only for a problem that is told: to compare a word with thousands takes its time."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the file; line and column count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `path` is empty where no key can be named; a `hint` is told after the text."""

    place: Place
    path: str
    text: str
    hint: Hint | None = field(default=None, compare=False)

    def told(self, file: str) -> str:
        """The line an admin reads; editors and terminals jump to its beginning."""
        where = f"{file}:{self.place.line}:{self.place.column}: "
        text = self.text if self.hint is None else f"{self.text}; {self.hint()}"
        return where + (f"{self.path}: {text}" if self.path else text)


def refusal(problems: Iterable[Problem], file: str) -> ConfigError:
    """The error that names these, each once, in the order of the file."""
    found = sorted(set(problems))
    return ConfigError(tuple(one.told(file) for one in found[:MOST_TOLD]), more=len(found[MOST_TOLD:]))


def show_path(path: Path) -> str:
    """`("teams", "platform", "escalation", 0)` as `teams.platform.escalation[0]`. A PIN is not shown."""
    shown = ""
    for index, step in enumerate(path):
        if isinstance(step, int):
            shown += f"[{step}]"
        elif _is_pin(path, index):
            shown += ".****"
        else:
            plain = re.fullmatch(r"[\w+-]{1,40}", step)
            shown += ("." if shown else "") + (step if plain else quote(step))
    return shown


def _is_pin(path: Path, index: int) -> bool:
    """Whether this step is a key of a route's `callers.pin`, or one that should have been put there."""
    if path[:1] != ("routes",) or path[2:3] != ("callers",) or index < 3:
        return False
    return path[3:index] == ("pin",) or str(path[index]).isdigit()


def quote(text: str) -> str:
    """The text in double quotes on one line, shortened where it is long, without a password before an @."""
    text = _PASSWORD.sub("****@", text)
    short = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    # Half a surrogate pair is a string to Python, but no terminal or log file can take it.
    return json.dumps(short, ensure_ascii=False).encode(errors="backslashreplace").decode()


def _closest(word: str, names: Iterable[str]) -> str | None:
    """The name most like this word, if any is; with the bounds of difflib, so that few are compared in full."""
    closest, best = None, _LIKE
    matcher = difflib.SequenceMatcher(b=word)
    for name in names:
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best and matcher.ratio() >= best:
            closest, best = name, matcher.ratio()
    return closest


def suggest(word: str, known: Iterable[str]) -> str:
    """What was probably meant: `did you mean "payments"?`, or else what there is to choose from."""
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    close = _closest(word.lower(), by_lower) if len(word) <= _LONGEST_QUOTE else None
    if close is not None:
        return f"did you mean {quote(by_lower[close])}?"
    if not names:
        return "there are none yet"
    return "known: " + ", ".join(names[:_LONGEST_LIST]) + (", …" if len(names) > _LONGEST_LIST else "")
