"""What pydantic found wrong, in an admin's words and with its place in the file."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lcr_asterisk.config.flow import flow
from lcr_asterisk.config.problems import Path, Problem, quote, show_path, suggest
from lcr_asterisk.config.yaml_tree import Document, Text

_OF_THE_KEY = "[key]"  # pydantic's last step where not a value but its key is wrong
_KINDS = ("[team]", "[menu]", "[address]", "[way]")  # its steps where a value may be of several kinds (menus, ways)
_KEPT_SECRET = {"writeOnly": True}
"""The mark of a field in whose place a secret may stand, so that nothing of it is quoted."""


def problems_of(error: ValidationError, model: type[BaseModel], document: Document) -> Iterator[Problem]:
    """Each mistake of the file once; none about values that could not even be read."""
    for details in error.errors(include_url=False):
        path = _as_written(details["loc"], document)
        if any(path[:length] in document.unreadable for length in range(len(path) + 1)):
            continue
        if path and path[-1] == _OF_THE_KEY and path[:-1] in document.keys:
            path = path[:-1]
            place = document.keys[path]
        elif details["type"] == "extra_forbidden":
            place = document.keys.get(path, document.place(path))
        else:
            path = path[:-1] if details["type"] == "wrong_block" else path
            place = document.place(path)
        yield Problem(place, show_path(path), _sentence(details, model), details.get("ctx", {}).get("hint"))


def _as_written(path: Path, document: Document) -> Path:
    """pydantic's way to a value as the way through the file: one block may stand there for a list of one."""
    written: Path = ()
    for step in path:
        if step not in _KINDS and not (isinstance(step, int) and (*written, step) not in document.values):
            written = (*written, step)
    return written


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    path = details["loc"]
    match details["type"]:
        case "wrong" | "wrong_block":
            return details["msg"]
        case "missing":
            return f"is missing; write for example {_example(_field_at(model, path), str(path[-1]))}"
        case "extra_forbidden":
            return f"unknown key; {suggest(str(path[-1]), _keys(_model_at(model, path[:-1])))}"
        case "tuple_type":
            field = _field_at(model, path)
            return f"needs a list{_such_as(field)}{_instead_of(details['input'], field)}"
        case "model_type":
            keys = ", ".join(f"{key}:" for key in _keys(_model_at(model, path)))
            return f"needs a block with keys of {keys}{_instead_of(details['input'], _field_at(model, path))}"
        case "dict_type" | "mapping_type":
            field = _field_at(model, path)
            return f"needs a block of names{_such_as(field)}{_instead_of(details['input'], field)}"
        case _:
            return f"cannot be read: {details['msg']}; correct it"


def _instead_of(value: Any, field: FieldInfo | None) -> str:
    if isinstance(value, Text) and value.written and field is not None and field.json_schema_extra == _KEPT_SECRET:
        return ", not a single value"
    if isinstance(value, Text):
        return f", not {quote(value.written)}" if value.written else "; nothing is written here"
    return ", not a list" if isinstance(value, list) else ", not a block of keys"


def _such_as(field: FieldInfo | None) -> str:
    return f" such as {flow(field.examples[0])}" if field and field.examples else ""


def _example(field: FieldInfo | None, key: str) -> str:
    return f"{key}: {flow(field.examples[0])}" if field and field.examples else f"{key}: …"


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """The field whose value, or the items of whose value, stand at this path."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    parent = _model_at(model, path[:-1]) if path else None
    if parent is None:
        return None
    return next((field for name, field in parent.model_fields.items() if (field.alias or name) == path[-1]), None)


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The class of the block at this path, or None where the settings have none."""
    kind: Any = model
    for step in path:
        if step in _KINDS:
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
            kind = _bare(fields.get(str(step)))
        else:  # one of many: a list's item, or a value under a name of the admin's own
            items = get_args(kind)
            kind = _bare(items[-1] if issubclass(get_origin(kind) or object, Mapping) else items[0]) if items else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """The type without its validators and without "or None"; of several kinds, the block of keys."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [_bare(kind) for kind in get_args(annotation) if kind is not types.NoneType]
        return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), kinds[0])
    return annotation
