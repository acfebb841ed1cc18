"""The admin's YAML: read strictly, refused with every mistake named by line, or turned into frozen settings.

`load` makes `Settings` of a file; `check` tells what is wrong with one. What a key may be is in `settings.py` and the
modules it names; `schema` says it for editors, `reference` for people.
"""

from lcr_asterisk.config.check import Check, check, summary
from lcr_asterisk.config.load import load
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.reference import reference
from lcr_asterisk.config.schema import schema
from lcr_asterisk.config.settings import (
    AlertSettings,
    CallerPattern,
    CallersSettings,
    LayerSettings,
    LevelSettings,
    MenuSettings,
    MessageSettings,
    MessagesSettings,
    OverrideSettings,
    PersonSettings,
    RouteSettings,
    ScheduleSettings,
    Settings,
    ShownNumber,
    TeamSettings,
    VoicemailSettings,
    teams_of,
)

__all__ = [
    "AlertSettings",
    "CallerPattern",
    "CallersSettings",
    "Check",
    "LayerSettings",
    "LevelSettings",
    "MenuSettings",
    "MessageSettings",
    "MessagesSettings",
    "Number",
    "OverrideSettings",
    "PersonSettings",
    "RouteSettings",
    "ScheduleSettings",
    "Settings",
    "ShownNumber",
    "Softphone",
    "TeamSettings",
    "VoicemailSettings",
    "check",
    "load",
    "reference",
    "schema",
    "summary",
    "teams_of",
]
