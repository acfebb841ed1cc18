"""Every error this project raises on purpose, in one tree.

A docstring here is the operator's sentence: what it means when it reaches a terminal or a log. The message given
when raising says what was wrong and where; `remedy`, when given, says what to do about it. The command line prints
both and exits with `exit_code`; anything outside this tree is a defect and keeps its traceback.

    LcrError
    ├── UsageError               the command was called wrongly
    ├── ConfigError              the YAML cannot be used
    ├── AudioError               a prompt or recording cannot be made
    │   └── DiskFull             no room for a recording
    ├── PbxError                 Asterisk cannot be installed or started
    │   └── PortTaken            another program listens there
    ├── CalendarError            a calendar feed cannot be fetched or read
    ├── StoreError               the database cannot be used
    ├── CallbackRefused          a caller cannot be called back
    │   └── NoSuchCall           there is no such call in the log
    ├── PageCallRefused          somebody cannot be called about a page just now
    │   ├── NoSuchPageCall       there is no such page, delivery or call
    │   └── NobodyToCall         there is no such person, or no phone, in the configuration in force
    ├── EngineAway               the engine cannot be asked: it does not run, or not here
    ├── IllegalEvent             the call flow was told something impossible
    ├── PageError                a page cannot be opened
    ├── DemoFailed               the demo did not hear or see what it should
    └── AriError                 Asterisk's ARI could not do what was asked
        ├── AriUnreachable       no Asterisk answers there
        ├── AriUnauthorized      the ARI user or password is wrong
        ├── AriReplaced          another process took over this application
        ├── AriDisconnected      the socket closed before the reply
        ├── AriTimeout           no reply in time
        ├── AriMalformed         Asterisk sent something that cannot be read
        └── AriRefused           Asterisk answered with an error status
            ├── NotFound         404: gone, or never there
            ├── Conflict         409: in the wrong state for this
            ├── Unprocessable    422: not possible just now
            └── ServerError      5xx: Asterisk could not do it
"""

from __future__ import annotations


class LcrError(Exception):
    """Something this project knows how to name went wrong."""

    exit_code = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message


class UsageError(LcrError):
    """The command was called wrongly."""

    exit_code = 2


class ConfigError(LcrError):
    """The configuration cannot be used; `problems` holds every mistake, each with its file, line and column.

    Of very many it holds the first, and `more` counts the others.
    """

    exit_code = 2

    def __init__(self, problems: tuple[str, ...], *, remedy: str | None = None, more: int = 0) -> None:
        super().__init__("\n".join(problems), remedy=remedy)
        self.problems = problems
        self.more = more

    def __str__(self) -> str:
        further = [f"and {self.more} more"] if self.more else []
        return "\n".join((*self.problems, *further, *([self.remedy] if self.remedy is not None else [])))


class AudioError(LcrError):
    """A prompt could not be rendered, or a recording could not be converted."""


class DiskFull(AudioError):
    """There is no room left for a recording."""


class PbxError(LcrError):
    """Asterisk cannot be installed, configured or started."""


class PortTaken(PbxError):
    """Another program already listens where this one should."""


class CalendarError(LcrError):
    """A calendar feed cannot be fetched or read; the last good copy of it is used. Never names the feed's address."""


class StoreError(LcrError):
    """The database cannot be opened, migrated or written."""


class CallbackRefused(LcrError):
    """The caller of a logged call cannot be called back, or not now; the message says why."""


class NoSuchCall(CallbackRefused):
    """There is no call of this id in the log."""


class PageCallRefused(LcrError):
    """Somebody cannot be called about a page now; it may be asked again after so many `seconds`."""

    def __init__(self, message: str, *, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class NoSuchPageCall(PageCallRefused):
    """There is no such page, delivery or call, nor will there be one: there is no use in asking again."""


class NobodyToCall(PageCallRefused):
    """The configuration in force has no such person, or no phone of theirs; an edited one may be about to come."""


class EngineAway(LcrError):
    """The engine cannot be asked: it does not run, does not answer, or runs with other data than this command."""


class IllegalEvent(LcrError):
    """The call flow was told something that cannot happen; it is logged, and the call goes on as if it had not been."""


class PageError(LcrError):
    """A page cannot be opened as the configuration is now; the call waits in the outbox until it can."""


class DemoFailed(LcrError):
    """The demo ran, but something that should have been heard or seen in it was not."""


class AriError(LcrError):
    """Asterisk's REST interface could not do what was asked."""


class AriUnreachable(AriError):
    """No Asterisk answers at the configured address."""


class AriUnauthorized(AriError):
    """Asterisk refused the ARI user or password."""


class AriReplaced(AriError):
    """Another process connected under the same application name and now gets its events: only one may run."""


class AriDisconnected(AriError):
    """The socket to Asterisk closed before the reply came."""


class AriTimeout(AriError):
    """Asterisk did not reply in time."""


class AriMalformed(AriError):
    """Asterisk sent a message that does not have the documented form; it is logged and skipped."""


class AriRefused(AriError):
    """Asterisk answered a request with an error status."""

    def __init__(self, status: int, reason: str, request: str) -> None:
        super().__init__(f"{request}: {status} {reason}")
        self.status = status
        self.reason = reason
        self.request = request


class NotFound(AriRefused):
    """404: the channel, bridge, playback or recording is gone or never was; for a stop or hangup that is success."""


class Conflict(AriRefused):
    """409: it is in the wrong state for this, or the id is already used."""


class Unprocessable(AriRefused):
    """422: it cannot be done just now."""


class ServerError(AriRefused):
    """5xx: Asterisk could not do it; its own log says more."""
