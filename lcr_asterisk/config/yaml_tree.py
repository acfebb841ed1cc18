"""A strict reading of YAML: what is written is what arrives, and every value knows where it stands.

PyYAML's own constructor takes `+14155551234` for an integer, `0301234567` for an octal number, `22:30` for 1350 and
`no` for false, and lets a later key silently replace an earlier one. Here every scalar stays the text it is, a
duplicate key is a mistake, and whatever could make a small file large (anchors, aliases) or strange (tags) is refused.
Only PyYAML's scanner and parser are used; the tree is put together here.

Mistakes are collected, not raised, so that one reading reports them all together with those of the settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from lcr_asterisk.config.problems import Path, Place, Problem, quote, show_path

LONGEST_TEXT = 1024 * 1024
"""Characters. A configuration beyond this is a mistake, and PyYAML would be busy with it for minutes."""

DEEPEST = 24
"""Levels of nesting; the settings need 15. A bound, so that no text can exhaust the stack."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# To YAML these are letters, so a line that looks indented is none; they come with what is copied from web pages.
_ODD_INDENTATION = re.compile("^[ -]*([\xa0\u2000-\u200b\u202f\u205f\u3000\ufeff])", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Text(str):
    """A scalar: the text with `${NAME}` filled in. `written` is what the file says, and all that a message may show."""

    place: Place
    written: str
    plain: bool  # without quotes

    @classmethod
    def at(cls, place: Place, value: str, *, written: str, plain: bool) -> Text:
        text = cls(value)
        text.place, text.written, text.plain = place, written, plain
        return text


Node: TypeAlias = "Text | list[Node] | dict[Text, Node]"


@dataclass(slots=True)
class Document:
    """The tree of one file. `root` is None where there is nothing that could be read.

    `unreadable` are the values already reported here, whose content is therefore not worth a second message.
    """

    root: Node | None = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)

    def place(self, path: Path) -> Place:
        """Where this is written; for something not written, the nearest thing around it that is."""
        while path not in self.values and path:
            path = path[:-1]
        # A block under a key begins a line later; people look for the key.
        start = self.values.get(path, Place(1, 1))
        key = self.keys.get(path)
        return key if key is not None and key.line < start.line else start


def read(text: str, environ: Mapping[str, str]) -> Document:
    """The tree of this YAML text, with `${NAME}` replaced from `environ` in values. Never raises."""
    document = Document()
    if len(text) > LONGEST_TEXT:
        complain(document, Place(1, 1), (), f"the file is longer than {LONGEST_TEXT} characters; is it the right one?")
        return document
    for odd in _ODD_INDENTATION.finditer(text):
        name = "non-breaking space" if odd[1] == "\xa0" else f"space of another kind (U+{ord(odd[1]):04X})"
        complain(document, _place_at(text, odd.start(1)), (), f"a {name} in the indentation; indent with common spaces")
    if document.problems:
        return document  # whatever else were said about it would be no help
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        complain(document, _place_at(text, error.position), (), "a character that YAML does not allow; remove it")
        return document
    try:
        document.root = _Composer(loader, document, environ).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        complain(document, place, (), _syntax(error))
    except _TooDeep as error:
        complain(document, error.place, (), f"nested more than {DEEPEST} deep; check the brackets and the indentation")
    except (ValueError, OverflowError):
        # PyYAML's scanner hands "\UFFFFFFFF" to chr(), and a %YAML version of any length to int().
        complain(document, _place_at(text, loader.index), (), "an escape or directive that means nothing; correct it")
    return document


def complain(document: Document, place: Place, path: Path, text: str) -> None:
    document.problems.append(Problem(place, show_path(path), text))


class _TooDeep(Exception):
    def __init__(self, place: Place) -> None:
        self.place = place


class _Composer:
    """Turns the parser's events into the tree."""

    def __init__(self, loader: yaml.SafeLoader, document: Document, environ: Mapping[str, str]) -> None:
        self._events: Iterator[yaml.Event] = iter(loader.get_event, None)
        self._document = document
        self._environ = environ

    def compose(self) -> Node | None:
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            complain(self._document, Place(1, 1), (), "the file is empty; start with version: 1")
            return None
        root = self._node(self._next(), ())
        self._next()  # the document's end
        following = self._next()
        if not isinstance(following, yaml.StreamEndEvent):
            complain(self._document, _place(following), (), "a second document begins here; remove the line with ---")
        return root

    def _next(self) -> yaml.Event:
        return next(self._events)

    def _node(self, event: yaml.Event, path: Path) -> Node:
        place = _place(event)
        if len(path) > DEEPEST:
            raise _TooDeep(place)
        self._document.values.setdefault(path, place)
        if isinstance(event, yaml.AliasEvent):
            self._unreadable(place, path, f"*{event.anchor} is an alias; write the value out here")
            return Text.at(place, "", written="", plain=True)
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor is not None:
            complain(self._document, place, path, f"&{event.anchor} is an anchor; remove it and write values out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            complain(self._document, place, path, f"{quote(event.tag)} is a tag; remove it")
        if isinstance(event, yaml.ScalarEvent):
            return self._text(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: Path) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[Text, Node]:
        mapping: dict[Text, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            place = _place(event)
            if not isinstance(event, yaml.ScalarEvent):
                complain(self._document, place, path, "a key must be a single word; check the brackets and colons")
                self._skip(event, path)
                self._skip(self._next(), path)
                continue
            key = Text.at(place, event.value, written=event.value, plain=event.style is None)
            inner = (*path, str(key))
            if event.anchor is not None or event.tag is not None:
                complain(self._document, place, inner, "a key with an anchor or tag; write the key alone")
            if inner in self._document.keys:
                first = self._document.keys[inner].line
                complain(self._document, place, inner, f"written twice, first in line {first}; keep one of them")
                self._skip(self._next(), path)
                continue
            self._document.keys[inner] = place
            mapping[key] = self._node(self._next(), inner)
        return mapping

    def _skip(self, event: yaml.Event, path: Path) -> None:
        """Read over a value that has no place in the tree."""
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if len(path) + depth > DEEPEST:
                    raise _TooDeep(_place(event))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth == 0:
                return
            event = self._next()

    def _text(self, event: yaml.ScalarEvent, path: Path) -> Text:
        place = _place(event)
        written: str = event.value
        value = self._fill_in(written, place, path)
        if _CONTROL.search(value):
            self._unreadable(place, path, "contains a control character; remove it")
        return Text.at(place, value, written=written, plain=event.style is None)

    def _fill_in(self, written: str, place: Place, path: Path) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if not _VARIABLE_NAME.fullmatch(name):
                self._unreadable(
                    place, path, f"{quote(match[0])} names no environment variable; write for example ${{SLACK_URL}}"
                )
                return ""
            if not self._environ.get(name):
                how = "is empty" if name in self._environ else "is not set"
                self._unreadable(place, path, f"the environment variable {name} {how}; set it before starting")
                return ""
            return self._environ[name]

        return _VARIABLE.sub(value_of, written)

    def _unreadable(self, place: Place, path: Path, text: str) -> None:
        complain(self._document, place, path, text)
        self._document.unreadable.add(path)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    assert mark is not None, "the parser marks every event"
    return Place(mark.line + 1, mark.column + 1)


def _place_at(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


_SYNTAX_HINTS = (
    ("cannot start any token", "\\t", "a tab; indent with spaces"),
    ("cannot start any token", "", "a character that no plain text can begin with; put the text in quotes"),
    (
        "mapping values are not allowed",
        "",
        "a colon where none can be; check the indentation, or put the text in quotes",
    ),
    ("unexpected end of stream", "", "the text in quotes never ends; close the quotes opened in line {line}"),
    ("expected ',' or ']'", "", "the list opened in line {line} is not closed; write ] after its last item"),
    ("expected ',' or '}'", "", "the mapping opened in line {line} is not closed; write }} after its last value"),
    ("expected <block end>", "", "does not line up with line {line} above; check the indentation and the quotes"),
    ("could not find expected ':'", "", "a key without a colon; write key: value"),
    ("undefined alias", "", "an alias; write the value out here"),
)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's complaint in an admin's words, or in its own where we have none."""
    said = error.problem or error.context or "cannot be read"
    for first, second, hint in _SYNTAX_HINTS:
        if first in said and second in said:
            opened = error.context_mark or error.problem_mark
            return "not valid YAML: " + hint.format(line=opened.line + 1 if opened else 1)
    return f"not valid YAML: {said}; correct it"
