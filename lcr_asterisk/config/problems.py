"""Where a mistake is and how it is told: `file:line:column: path: what is wrong, what would be right`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a value through the YAML: keys, and positions in lists counted from 0."""

_LONGEST_QUOTE = 40
_PASSWORD = re.compile(r"(?<!\w)(?!sips?:|mailto:)[^\s/:@]+:[^\s/@]+@")
_LONGEST_LIST = 12


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the file; line and column count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `path` is empty where no key can be named."""

    place: Place
    path: str
    text: str

    def told(self, file: str) -> str:
        """The line an admin reads; editors and terminals jump to its beginning."""
        where = f"{file}:{self.place.line}:{self.place.column}: "
        return where + (f"{self.path}: {self.text}" if self.path else self.text)


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


def suggest(word: str, known: Iterable[str]) -> str:
    """What was probably meant: `did you mean "payments"?`, or else what there is to choose from."""
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6) if len(word) <= _LONGEST_QUOTE else []
    if close:
        return f"did you mean {quote(by_lower[close[0]])}?"
    if not names:
        return "there are none yet"
    return "known: " + ", ".join(names[:_LONGEST_LIST]) + (", …" if len(names) > _LONGEST_LIST else "")
