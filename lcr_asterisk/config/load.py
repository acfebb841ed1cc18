"""From a YAML file to settings, or to every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from lcr_asterisk.config import yaml_tree
from lcr_asterisk.config.explain import problems_of
from lcr_asterisk.config.problems import refusal
from lcr_asterisk.config.secret_files import bring_in
from lcr_asterisk.config.settings import Defaults, Settings
from lcr_asterisk.config.values import Context
from lcr_asterisk.config.yaml_tree import Document, Node, Text
from lcr_asterisk.errors import ConfigError

_COPY_EXAMPLE = "Copy lcr.example.yaml to begin with, or name a file with --config."


def load(path: Path, environ: Mapping[str, str], data: Path) -> Settings:
    """The settings in this file.

    `environ` fills in `${NAME}`; `data` is the data directory, where files lie that the YAML does not place. Raises
    ConfigError with all problems in the order of the file, and nothing else whatever the file contains.
    """
    document = yaml_tree.read(read_text(path, _COPY_EXAMPLE), environ)
    bring_in(document, path.parent)
    settings = None
    if document.root is not None:
        try:
            settings = Settings.model_validate(document.root, context=_context(document, path, data))
        except ValidationError as error:
            document.problems.extend(problems_of(error, Settings, document))
    if settings is None or document.problems:
        raise refusal(document.problems, str(path))
    return settings


def read_text(path: Path, remedy: str | None = None) -> str:
    """The text in this file. Raises ConfigError; `remedy` is for one that does not exist."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError((f"{path}: there is no such file",), remedy=remedy) from None
    except IsADirectoryError:
        raise ConfigError((f"{path}: this is a directory; name the YAML file in it",)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError((f"{path}: cannot be read: {reason}; correct its owner or mode",)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError((f"{path}:{line}:{column}: not UTF-8 text; save the file as UTF-8",)) from None


def _context(document: Document, path: Path, data: Path) -> Context:
    """What values refer to, taken from the tree: a mistake elsewhere must not hide a dangling name."""
    root = document.root if isinstance(document.root, dict) else {}
    defaults = _defaults(root.get(Text("defaults")))
    return Context(
        file=str(path),
        document=document,
        directory=path.parent.absolute(),
        data=data.absolute(),
        region=defaults.region,
        ring=defaults.ring,
        people=_names(root.get(Text("people"))),
        names=_ids_by_name(root.get(Text("people"))),
        schedules=_names(root.get(Text("schedules"), {})),
        teams=_names(root.get(Text("teams"))),
        answering={},
        phones={},
    )


def _names(section: Node | None) -> frozenset[str] | None:
    return frozenset(map(str, section)) if isinstance(section, dict) else None


def _ids_by_name(people: Node | None) -> dict[str, str]:
    """The id of each person that has a name."""
    written = people.items() if isinstance(people, dict) else ()
    named = [(person.get(Text("name")), id_) for id_, person in written if isinstance(person, dict)]
    return {name.strip(): str(id_) for name, id_ in named if isinstance(name, Text) and name.strip()}


def _defaults(section: Node | None) -> Defaults:
    """Those of the defaults that can be read."""
    if not isinstance(section, dict):
        return Defaults()
    try:
        return Defaults.model_validate(section)
    except ValidationError as error:
        wrong = {details["loc"][0] for details in error.errors(include_url=False)}
        return Defaults.model_validate({key: value for key, value in section.items() if key not in wrong})
