"""How much work a calendar's recurrence rules (RRULE) make, known before they are expanded.

A line of text can ask for every second since 1601. Nobody is on call like that, so it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lcr_asterisk.errors import CalendarError

MAX_A_DAY = 48
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"^(BEGIN|END|RRULE)(?:;[^:\r\n]*)?:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def check_rules(text: bytes) -> None:
    """Refuse rules that make too many occurrences. Raises CalendarError.

    It looks at the text, because the rules of a time zone are used as soon as they are parsed.
    """
    in_zone = 0
    for name, value in _LINE.findall(_FOLD.sub("", text.decode("utf-8", "replace"))):
        name, value = name.upper(), value.strip().upper()
        if name != "RRULE":
            in_zone += (value == "VTIMEZONE") * (1 if name == "BEGIN" else -1)
            continue
        parts = dict(part.partition("=")[::2] for part in value.split(";"))
        frequency, interval = parts.get("FREQ", ""), parts.get("INTERVAL", "1")
        if frequency not in (("YEARLY",) if in_zone else _FREQUENCIES):
            where = "a time zone of it" if in_zone else "an event"
            raise CalendarError(f"{where} recurs by FREQ={frequency}, which is not for shifts")
        if not re.fullmatch(r"0*[1-9][0-9]{0,4}", interval):
            raise CalendarError(f"an event recurs by INTERVAL={interval}, which is not a number from 1 to 99999")
        if _a_day(frequency, {key: values.split(",") for key, values in parts.items()}) > MAX_A_DAY:
            raise CalendarError(f"an event recurs more than {MAX_A_DAY} times a day")


def count_steps(rules: Iterable[Mapping[str, Any]], begins: datetime, end: datetime) -> int:
    """An upper bound of the occurrences of `rules` (icalendar's vRecur) from `begins` to `end`."""
    steps = 0
    for rule in rules:
        until = _as_datetime(rule["UNTIL"][0]) if "UNTIL" in rule else end
        days = max(0, (min(until, end) - begins) // timedelta(days=1)) + 1
        steps += days * _a_day(rule["FREQ"][0], rule)
    return steps


def _a_day(frequency: str, parts: Mapping[str, Any]) -> int:
    hours = len(parts.get("BYHOUR", ())) or (24 if frequency == "HOURLY" else 1)
    return hours * max(1, len(parts.get("BYMINUTE", ()))) * max(1, len(parts.get("BYSECOND", ())))


def _as_datetime(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
