"""The admin's YAML: read strictly, refused with every mistake named by line, or turned into frozen settings.

`load` makes `Settings` of a file; `check` tells what is wrong with one. What a key may be is in `settings.py`.
"""

from lcr_asterisk.config.check import Check, check, summary
from lcr_asterisk.config.load import load
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.settings import (
    LevelSettings,
    MenuSettings,
    MessageSettings,
    MessagesSettings,
    PersonSettings,
    RouteSettings,
    Settings,
    ShownNumber,
    TeamSettings,
    VoicemailSettings,
)

__all__ = [
    "Check",
    "LevelSettings",
    "MenuSettings",
    "MessageSettings",
    "MessagesSettings",
    "Number",
    "PersonSettings",
    "RouteSettings",
    "Settings",
    "ShownNumber",
    "Softphone",
    "TeamSettings",
    "VoicemailSettings",
    "check",
    "load",
    "summary",
]
