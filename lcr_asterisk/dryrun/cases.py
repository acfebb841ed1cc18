"""An admin's cases: calls of which is known who must ring, kept beside the configuration and checked in its CI.

A YAML list, read as strictly as the configuration: every mistake is named with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config import yaml_tree
from lcr_asterisk.config.block import Block
from lcr_asterisk.config.callers import HIDDEN, Pin
from lcr_asterisk.config.explain import problems_of
from lcr_asterisk.config.load import read_text
from lcr_asterisk.config.phones import e164
from lcr_asterisk.config.problems import Path as YamlPath
from lcr_asterisk.config.problems import Place, Problem, quote, refusal
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.values import (
    NOBODY,
    Context,
    Line,
    PersonReference,
    context_of,
    duration,
    member,
    person_reference,
    scalar,
    wrong,
)
from lcr_asterisk.config.yaml_tree import Document, Text
from lcr_asterisk.dryrun.expectation import Expected, differences, read_expected
from lcr_asterisk.dryrun.rehearsal import End, Result, rehearse
from lcr_asterisk.dryrun.simulation import ANYBODY, Rehearsal
from lcr_asterisk.dryrun.times import instant, read_time, shown_in, zone_of_number
from lcr_asterisk.errors import ConfigError

_SUCH_AS = (
    'write for example - {name: at night it is Alice, to: "+14155551000", at: "2026-11-21T03:00", expect: [alice]}'
)


def number(value: Any, info: ValidationInfo) -> str:
    return e164(scalar(value, '"+14155551000"'), context_of(info).region)


def caller(value: Any, info: ValidationInfo) -> str:
    """A number, or the empty one of somebody who hides theirs."""
    return "" if value == HIDDEN else number(value, info)


def keys(value: Any) -> str:
    """The keys a caller presses, one after the other."""
    written = scalar(value, "2")
    pressed = read_keys(written)
    if pressed is None:
        raise wrong(f"{quote(written.written)} is not something to press; write keys like 2, or 2,1 for two menus")
    return pressed


def read_keys(text: str) -> str | None:
    """`2,1` as "21"; None for what no telephone has."""
    pressed = text.replace(",", "").replace(" ", "")
    return pressed if pressed and set(pressed) <= set("0123456789*#") else None


def moment(value: Any) -> datetime:
    written = scalar(value, '"2026-11-21T03:00"')
    try:
        return read_time(written)
    except ValueError:
        raise wrong(
            f"{quote(written.written)} is not a time; write it like 2026-11-21T03:00, or 2026-11-21T03:00+01:00"
        ) from None


def expected(value: Any, info: ValidationInfo) -> Expected:
    """`[alice, bob]` is everybody in the order of the levels, `[[alice], [bob]]` level by level, `none` nobody."""
    if isinstance(value, Text):
        return _expected_in_words(value, info)
    if not isinstance(value, list):
        raise wrong(f"needs persons such as [alice, bob], or {NOBODY}; not a block of keys")
    problems: list[InitErrorDetails] = []

    def person(item: Any, *where: int) -> str:
        try:
            return _expected_person(item, info)
        except PydanticCustomError as error:
            problems.append(InitErrorDetails(type=error, loc=where, input=None))
            return ""

    exact = any(isinstance(item, list) for item in value)
    levels = [
        tuple(person(one, index, inner) for inner, one in enumerate(item))
        if isinstance(item, list)
        else (person(item, index),)
        for index, item in enumerate(value)
    ]
    if problems:
        raise ValidationError.from_exception_data("expect", problems)
    if exact or not levels:
        return Expected(tuple(levels), exact=True)
    return Expected((tuple(one for level in levels for one in level),), exact=False)


def _expected_in_words(written: Text, info: ValidationInfo) -> Expected:
    found = read_expected(scalar(written, "[alice, bob]"))
    for one in found.people:
        _expected_person(Text.at(written.place, one, written=one, plain=written.plain), info)
    return found


def _expected_person(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, Text) and value.lower() == NOBODY:
        raise wrong(f"{NOBODY} stands alone, as expect: {NOBODY}; it means that nobody rings")
    return person_reference(value, info)


class Case(Block):
    """A call, and what is expected of it. Who answers presses 1; without `answer` nobody does. `reject` decline it."""

    name: Line = Field(examples=["at night it is Alice"])
    to: Annotated[str, PlainValidator(number)] = Field(examples=["+14155551000"])
    from_: Annotated[str, PlainValidator(caller)] = Field(default=ANYBODY, alias="from", examples=["+14155550177"])
    press: Annotated[str, PlainValidator(keys)] = ""
    at: Annotated[datetime | None, PlainValidator(moment)] = None
    pin: Pin | None = None
    answer: PersonReference | None = None
    reject: tuple[PersonReference, ...] = Field(default=(), examples=[["bob"]])
    expect: Annotated[Expected | None, PlainValidator(expected)] = Field(default=None, examples=[["alice", "bob"]])
    outcome: Annotated[End | None, PlainValidator(member(End))] = None
    longest_wait: Annotated[float | None, PlainValidator(duration(0, 7200))] = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.expect is None and self.outcome is None and self.longest_wait is None:
            raise wrong("expects nothing; write expect:, outcome: or longest_wait:")
        if self.answer is not None and self.answer in self.reject:
            raise wrong(f"{self.answer} can either answer or reject; keep one of them")
        return self


@dataclass(frozen=True, slots=True)
class Checked:
    """A case, the call that it led to, and how that differs from what was expected; `at` is the case's own line."""

    case: Case
    at: str
    result: Result
    differences: tuple[str, ...]


def check_cases(
    book: PlanBook, cases: Sequence[tuple[Case, str]], now: datetime, look_at: Callable[[datetime], None]
) -> tuple[Checked, ...]:
    """Rehearse every case, those without a time at `now`. `look_at` is told the time of each before."""
    return tuple(_check(book, case, at, now, look_at) for case, at in cases)


def _check(book: PlanBook, case: Case, at: str, now: datetime, look_at: Callable[[datetime], None]) -> Checked:
    zone = zone_of_number(book.settings, case.to)
    answers = frozenset({case.answer} if case.answer is not None else ())
    time = shown_in(now, zone) if case.at is None else instant(case.at, zone)
    look_at(time)
    result = rehearse(book, Rehearsal(case.to, case.from_, case.press, time, case.pin, answers, frozenset(case.reject)))
    return Checked(case, at, result, differences(result, case.expect, case.outcome, case.longest_wait))


def read_cases(path: Path, environ: Mapping[str, str], settings: Settings) -> tuple[tuple[Case, str], ...]:
    """The cases in this file, each with its place in it ("cases.yaml:3").

    `environ` fills in `${NAME}`. Raises ConfigError with all problems in the order of the file.
    """
    text = read_text(path)
    if all(line.strip().startswith("#") for line in text.split("\n") if line.strip()):
        raise ConfigError((Problem(Place(1, 1), "", f"there are no cases in this file; {_SUCH_AS}").told(str(path)),))
    document = yaml_tree.read(text, environ)
    problems = list(document.problems)
    cases: list[tuple[Case, str]] = []
    root = document.root
    if isinstance(root, list) and root:
        context = _context(settings, document, path)
        for index, (item, part) in enumerate(zip(root, _parts(document, len(root)), strict=True)):
            try:
                case = Case.model_validate(item, context=context)
            except ValidationError as error:
                problems += [_inside(index, problem) for problem in problems_of(error, Case, part)]
                continue
            if settings.route_for(case.to) is None and case.outcome is not End.REFUSED:
                # Nobody rings there: a number with a slip in it must not make a case true for ever.
                told = f"no route has the number {case.to}; correct it, or write outcome: refused if that is meant"
                problems.append(_inside(index, Problem(part.place(("to",)), "to", told)))
            cases.append((case, f"{path}:{part.place(()).line}"))
    elif root is not None:
        problems.append(Problem(Place(1, 1), "", f"needs a list of cases; {_SUCH_AS}"))
    if problems:
        raise refusal(problems, str(path))
    return tuple(cases)


def _parts(document: Document, count: int) -> list[Document]:
    """Each item of the list as a document of its own."""
    parts = [Document() for _ in range(count)]
    for path, place in document.values.items():
        if path:
            parts[_index(path)].values[path[1:]] = place
    for path, place in document.keys.items():
        parts[_index(path)].keys[path[1:]] = place
    for path in document.unreadable:
        parts[_index(path)].unreadable.add(path[1:])
    return parts


def _index(path: YamlPath) -> int:
    assert isinstance(path[0], int), "the document is a list"
    return path[0]


def _inside(index: int, problem: Problem) -> Problem:
    return replace(problem, path=f"[{index}].{problem.path}" if problem.path else f"[{index}]")


def _context(settings: Settings, document: Document, path: Path) -> Context:
    """What the cases refer to."""
    return Context(
        file=str(path),
        document=document,
        directory=path.parent,
        data=path.parent,
        region=settings.defaults.region,
        ring=settings.defaults.ring,
        people=frozenset(settings.people),
        names={},
        schedules=frozenset(settings.schedules),
        teams=frozenset(settings.teams),
        answering={},
        phones={},
    )
