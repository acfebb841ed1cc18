"""Secrets that stand in files of their own: `slack_file: /run/secrets/slack` instead of `slack: https://…`.

Done on the tree, before anything is checked: what was read then counts as written in the place of the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lcr_asterisk.config.problems import Path as Way
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.yaml_tree import Document, Node, Text, complain

SUFFIX = "_file"
OF_ALERTS = ("slack", "teams", "webhook", "apprise", "secret")
OF_SMTP = ("password",)
OF_THE_FILE = ("database",)
LONGEST = 64 * 1024  # bytes; whatever is longer is another file than was meant


def bring_in(document: Document, directory: Path) -> None:
    """Put the content of each such file, without white space around it, into its place.

    Files are looked for in `directory`. One that cannot be used is a problem of the document; it is not quoted.
    """
    for block, way, keys in _blocks(document.root):
        for key in keys:
            if Text(key + SUFFIX) in block:
                _read(document, block, way, key, directory)


def _blocks(root: Node | None) -> Iterator[tuple[dict[Text, Node], Way, tuple[str, ...]]]:
    if not isinstance(root, dict):
        return
    yield root, (), OF_THE_FILE
    if isinstance(smtp := root.get(Text("smtp")), dict):
        yield smtp, ("smtp",), OF_SMTP
    yield from _alerts(root.get(Text("operators")), ("operators",))
    teams = root.get(Text("teams"))
    for id_, team in teams.items() if isinstance(teams, dict) else ():
        if isinstance(team, dict):
            yield from _alerts(team.get(Text("alerts")), ("teams", str(id_), "alerts"))


def _alerts(alerts: Node | None, way: Way) -> Iterator[tuple[dict[Text, Node], Way, tuple[str, ...]]]:
    for index, alert in enumerate(alerts) if isinstance(alerts, list) else ():
        if isinstance(alert, dict):
            yield alert, (*way, index), OF_ALERTS


def _read(document: Document, block: dict[Text, Node], way: Way, key: str, directory: Path) -> None:
    name = key + SUFFIX
    named = block.pop(Text(name))
    place = document.place((*way, name))
    document.keys[*way, key], document.values[*way, key] = place, place
    if Text(key) in block:
        complain(document, place, (*way, name), f"stands beside {key}; keep one of them")
        return
    content, problem = _content(named, directory)
    if problem is not None:
        complain(document, place, (*way, name), problem)
        # Not written would be a second complaint about the same line.
        document.unreadable.add((*way, key))
    block[Text(key)] = Text.at(place, content, written="", plain=False)


def _content(named: Node, directory: Path) -> tuple[str, str | None]:
    """What the file says, or why it cannot be used."""
    if not isinstance(named, Text) or not named.strip():
        return "", "the name of a file belongs here, such as /run/secrets/slack"
    try:
        content = (directory / named).read_bytes()
    except (OSError, ValueError):
        return "", f"{quote(named.written)} cannot be read; correct its name, owner or mode"
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > LONGEST or not text.isprintable():
        return "", f"{quote(named.written)} has no secret in it; write the secret alone, on one line"
    return text, None
