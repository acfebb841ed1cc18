"""A rehearsed call as a tree for a terminal: what is heard, every choice, who rings at each level, and the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.values import show_duration
from lcr_asterisk.dryrun.rehearsal import End, Result, Tree
from lcr_asterisk.dryrun.rules import when
from lcr_asterisk.dryrun.steps import Kind, Step

WIDTH = 100
LATE = "*"

_BRANCH, _LAST = "├─ ", "└─ "
_BAR, _BLANK = "│  ", "   "


@dataclass(frozen=True, slots=True)
class Node:
    """One branch: `text`, `at` where it is written, further `lines` under it, and the branches from it.

    `said` is a quotation after the text, shortened where the line has no room for it.
    """

    text: str
    at: str = ""
    said: str = ""
    lines: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()


def draw(tree: Tree, settings: Settings, zone: tzinfo, caller: str) -> str:
    """The whole tree. `zone` is that of the time it begins with; `caller` says who calls."""
    call, route = tree.result.call, tree.result.route
    local = call.at.astimezone(zone)
    time = f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"
    name = settings.routes[route].name if route is not None else "no route"
    nodes = _nodes(tree, settings, 0)
    lines = [*_wrapped(f"{name}, {call.to}, {time}, from {caller}", "", "  "), *_drawn(nodes, "")]
    if any(line.endswith(LATE) for line in lines):
        lines.append(f"{LATE} where at each level somebody answers in the last moment and does not press 1")
    return "\n".join(lines)


def _drawn(nodes: Sequence[Node], indent: str) -> Iterable[str]:
    for index, node in enumerate(nodes):
        last = index == len(nodes) - 1
        under = indent + (_BLANK if last else _BAR)
        more = under + (_BAR if node.children else _BLANK)
        yield from _lines(indent + (_LAST if last else _BRANCH), more, node)
        for line in node.lines:
            inner = more + " " * (len(line) - len(line.lstrip()))
            yield from _wrapped(line.lstrip(), inner, inner + "  ")
        yield from _drawn(node.children, under)


def _lines(begin: str, more: str, node: Node) -> Iterable[str]:
    """The node's own text, and at the end of the first line where it is written."""
    at = Path(node.at).name
    text, width = node.text, WIDTH - len(at) - 1 if at else WIDTH
    if node.said:
        room = WIDTH - len(begin) - len(text) - len(at) - 5
        text += f" “{node.said if len(node.said) <= room else node.said[: max(room - 1, 10)] + '…'}”"
    first, *others = _wrapped(text, begin, more, width)
    yield f"{first.ljust(width)} {at}" if at else first
    yield from others


def _wrapped(text: str, begin: str, more: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=begin, subsequent_indent=more, break_on_hyphens=False)


def _nodes(tree: Tree, settings: Settings, start: int) -> tuple[Node, ...]:
    """The branches of a call from this step on."""
    steps = tree.result.steps
    fork = _fork(tree)
    if fork is None:
        return _straight(tree.result, settings, start)
    after = _straight(tree.result, settings, fork + 1)
    further = [*tree.options.values()] if tree.with_pin is None else [tree.with_pin]
    branches = [
        Node(one.result.steps[fork].why, one.result.steps[fork].at, children=_nodes(one, settings, fork + 1))
        for one in further
    ]
    untouched = Node(steps[fork].why, steps[fork].at, children=after)
    asked = "menu" if steps[fork].kind is Kind.MENU else "PIN"
    return (
        *(_node(step, settings, tree.result) for step in steps[start:fork]),
        Node(asked, steps[fork].menu_at, said=steps[fork].hears, children=(*branches, untouched)),
    )


def _fork(tree: Tree) -> int | None:
    """The step at which the other calls part from this one."""
    kind = Kind.PIN if tree.with_pin is not None else Kind.MENU
    if tree.with_pin is None and not tree.options:
        return None
    return max(index for index, step in enumerate(tree.result.steps) if step.kind is kind)


def _straight(result: Result, settings: Settings, start: int) -> tuple[Node, ...]:
    nodes = [_node(step, settings, result) for step in result.steps[start:]]
    if result.levels and result.end is not End.CONNECTED:  # who answers ends the wait
        wait, late = _shown(result.longest_wait), _shown(result.longest_wait_confirming)
        nodes.append(Node(f"longest wait {wait}" + (f", or {late}{LATE}" if late != wait else "")))
    return tuple(nodes)


def _node(step: Step, settings: Settings, result: Result) -> Node:
    match step.kind:
        case Kind.PROMPT:
            return Node("hears", step.at, said=step.hears or step.why)
        case Kind.MENU:
            return Node(f"menu: {step.why}", step.at, said=step.hears)
        case Kind.PIN:
            return Node(f"PIN: {step.why}", step.at)
        case Kind.RING:
            text = f"level {step.level} rings for {_shown(step.seconds)}"
            if set(step.declined) == set(step.people):
                text = f"level {step.level} rings, and is over at once"
            people = [line for person in step.people for line in _person(person, step, settings, result)]
            return Node(text, step.at, lines=(*people, *(f"({reason})" for reason in step.not_rung)))
        case Kind.SKIP:
            return Node(f"level {step.level} is skipped: {'; '.join(step.not_rung)}", step.at)
        case Kind.REST:
            return Node(f"rests for {_shown(step.seconds)} ({step.why})", step.at)
        case Kind.VOICEMAIL:
            return Node(f"voicemail for {result.team or 'nobody'} ({step.why})", step.at)
        case Kind.HANG_UP:
            return Node(f"the call ends ({step.why})", step.at)
        case Kind.CONNECTED:
            return Node(f"connected: {step.why}", step.at)
        case Kind.REFUSE:
            return Node(f"refused before answer: {step.why}", step.at)


def _person(person: str, step: Step, settings: Settings, result: Result) -> Iterable[str]:
    known = settings.people[person]
    declines = ", who declines" if person in step.declined else ""
    yield f"{known.name} ({', '.join(map(str, known.phones))}){declines}"
    for rule in step.rules:
        if rule.person == person:
            zone = settings.schedules[rule.schedule].timezone
            until = f", until {when(rule.until, zone, result.call.at)}" if rule.until is not None else ""
            yield f"   {rule.rule} of schedule {rule.schedule} ({Path(rule.at).name}){until}"


def _shown(seconds: float) -> str:
    """As it would be written in the YAML, to a tenth of a second."""
    return show_duration(round(seconds, 1))
