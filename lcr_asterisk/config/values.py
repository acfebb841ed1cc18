"""The kinds of single values in the YAML: each reads a scalar, or says what would be right.

A reader takes whatever stands in the file, not only text: a list where a word belongs is as likely a mistake as a
misspelt word. What it raises becomes a problem with the place of that value (`explain.py`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import PlainValidator, SecretStr, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from lcr_asterisk.config import shapes
from lcr_asterisk.config.problems import Hint, Place, quote, suggest
from lcr_asterisk.config.yaml_tree import Document, Text
from lcr_asterisk.oncall.model import OnSchedule, Person, Target

Member = TypeVar("Member", bound=StrEnum)

LONGEST_SPOKEN = 2000
"""Characters, about two minutes of speech."""


@dataclass(slots=True)
class Context:
    """What the values of one file are read against.

    `file` is its path as the admin gave it, `document` its tree, `directory` where it lies, `data` the data directory.
    `people`, `schedules` and `teams` are the ids the file defines, None where that section cannot be read: then no name
    is called dangling for it. `names` has the id of each person's name. `answering` gathers each hotline number with
    the place where it was first written, `phones` so the numbers of people. `route_region` is the region of the route
    that is being read, if it has one.
    """

    file: str
    document: Document
    directory: Path
    data: Path
    region: str | None
    ring: float
    people: frozenset[str] | None
    names: Mapping[str, str]
    schedules: frozenset[str] | None
    teams: frozenset[str] | None
    answering: dict[str, Place]
    phones: dict[str, Place]
    route_region: str | None = None


def context_of(info: ValidationInfo) -> Context:
    assert isinstance(info.context, Context), "settings are made by load()"
    return info.context


def wrong(text: str, hint: Hint | None = None) -> PydanticCustomError:
    """A problem in our own words; `text` says what is wrong and what would be right, or the `hint` does that."""
    return PydanticCustomError("wrong", "{text}", {"text": text, "hint": hint})


def wrong_block(text: str) -> PydanticCustomError:
    """A problem of the block around this value: how its keys go together."""
    return PydanticCustomError("wrong_block", "{text}", {"text": text})


def wrong_items(found: Sequence[tuple[int, str]]) -> ValidationError:
    """Problems of some items of a list, each with its index, which only show once all items are read."""
    return ValidationError.from_exception_data(
        "list", [InitErrorDetails(type=wrong(text), loc=(index,), input=None) for index, text in found]
    )


_NULLS = ("null", "Null", "NULL", "~")


def scalar(value: Any, example: str) -> Text:
    """The text that stands there, not empty."""
    if not isinstance(value, Text):
        raise wrong(
            f"a single value belongs here, such as {example}, not a {'list' if isinstance(value, list) else 'mapping'}"
        )
    if not value.strip():
        raise wrong(f"nothing is written here; write for example {example}, or remove the line")
    if value.plain and value.written in _NULLS:
        raise wrong(f"{value.written} without quotes is nothing; write for example {example}, or remove the line")
    return value


def text(value: Any) -> str:
    return str(scalar(value, '"a few words"')).strip()


def line(value: Any) -> str:
    words = text(value)
    if "\n" in words:
        raise wrong("must be on one line; join the lines")
    return words


def spoken(value: Any) -> str:
    words = text(value)
    if not any(character.isalnum() for character in words):
        raise wrong(f"{quote(scalar(value, '').written)} has nothing to say; write a sentence")
    if len(words) > LONGEST_SPOKEN:
        raise wrong(f"{len(words)} characters are too many to listen to; write at most {LONGEST_SPOKEN}")
    return words


def secret(value: Any) -> SecretStr:
    return SecretStr(str(scalar(value, '"${NAME}"')))


def duration(shortest: float, longest: float) -> Callable[[Any], float]:
    """A reader of durations such as `25s`, `2m30s`, `1h`, giving seconds within these bounds."""

    def read(value: Any) -> float:
        written = scalar(value, "25s")
        shown = written.written
        match = _DURATION.fullmatch(written)
        if match is None or not written:
            if re.fullmatch(r"[0-9]{1,6}", written):
                raise wrong(f"{shown} has no unit; write {shown}s for seconds or {shown}m for minutes")
            raise wrong(f"{quote(shown)} is not a duration; write it like 25s, 2m30s or 1h")
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if not shortest <= total <= longest:
            much = "short" if total < shortest else "long"
            bounds = f"from {show_duration(shortest)} to {show_duration(longest)}"
            raise wrong(f"{shown} is too {much} here; write {bounds}")
        return total

    return read


_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6}(?:\.[0-9]{1,3})?)s)?")


def show_duration(seconds: float) -> str:
    """As it would be written in the YAML: `150.0` is `2m30s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    shown = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "") + (f"{rest:g}s" if rest else "")
    return shown or "0s"


class Size(int):
    """A number of bytes, written like 200MB or 1GB."""

    def __str__(self) -> str:
        number, unit = (self // 10**9, "GB") if self and not self % 10**9 else (self // 10**6, "MB")
        return f"{number}{unit}"


def size(value: Any) -> Size:
    """A number of bytes in whole megabytes or gigabytes, of a thousand each."""
    written = scalar(value, "200MB")
    match = re.fullmatch(r"([0-9]{1,6})(MB|GB)", written)
    if match is None:
        raise wrong(f"{quote(written.written)} is not an amount of disk space; write it like 200MB or 1GB")
    return Size(int(match[1]) * (10**9 if match[2] == "GB" else 10**6))


def boolean(value: Any) -> bool:
    written = scalar(value, "true")
    if written not in ("true", "false"):
        raise wrong(f"{quote(written.written)} is not a choice here; write true or false")
    return written == "true"


def integer(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        written = scalar(value, str(highest))
        if not re.fullmatch(r"[0-9]{1,9}", written) or not lowest <= int(written) <= highest:
            raise wrong(f"{quote(written.written)} is not possible; write a whole number from {lowest} to {highest}")
        return int(written)

    return read


def version(value: Any) -> int:
    written = scalar(value, "1")
    if written != "1":
        raise wrong(f"{quote(written.written)} is not a version this can read; write version: 1")
    return 1


def one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        written = scalar(value, choices[0])
        if written not in choices:
            raise wrong(f"{quote(written.written)} is not a choice here; {among(written.written, choices)}")
        return str(written)

    return read


def member(kind: type[Member]) -> Callable[[Any], Member]:
    read = one_of(*kind)
    return lambda value: kind(read(value))


def among(word: str, choices: Collection[str]) -> str:
    """What was meant of few choices, and all of them where nothing is close."""
    hint = suggest(word, choices)
    return hint if hint.startswith("did") else "write " + " or ".join(choices)


def pattern(expression: str, rule: str, example: str) -> Callable[[Any], str]:
    """A reader of words of a certain form; `rule` says after the word what is wrong with it."""
    form = re.compile(expression)

    def read(value: Any) -> str:
        written = scalar(value, example)
        if not form.fullmatch(written):
            raise wrong(f"{quote(written.written)} {rule}; write it like {example}")
        return str(written)

    return read


# The key a person, team or route is called by in this file, on the command line and in logs.
identifier = pattern(r"[a-z][a-z0-9_-]*", "may have only a-z, 0-9, _ and -, a letter first", "on-call-2")
endpoint = pattern(r"[A-Za-z][A-Za-z0-9_-]{0,39}", "may have only letters, digits, _ and -, a letter first", "trunk")
ari_user = pattern(r"[A-Za-z0-9+._-]{1,80}", "may have only letters, digits and + . _ -", "lcr")
sip_user = pattern(r"[A-Za-z0-9+._-]{1,80}", "may have only letters, digits and + . _ -", '"+14155551000"')
host = pattern(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", "is not a host", "sip.example.com or 192.0.2.1")
mail_host = pattern(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", "is not a host", "smtp.example.com or 192.0.2.1")
network = pattern(r"[A-Za-z0-9][A-Za-z0-9./-]{0,254}", "is not an address or network", "192.0.2.0/24")
language = pattern(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "is not a language", "en or pt-BR")

slack_channel = pattern(r"[CGD][A-Z0-9]{2,40}", "is not the id of a channel, which its details show", "C0123456789")

# Where a call may go besides a team.
VOICEMAIL, HANG_UP = "voicemail", "hang_up"


# Among expectations (`lcr route test --expect none`): that nobody rings.
NOBODY = "none"


def person_identifier(value: Any) -> str:
    name = identifier(value)
    if name == NOBODY:
        raise wrong(f"a person cannot be called {name}: expect: {name} means that nobody rings; choose another id")
    return name


def team_identifier(value: Any) -> str:
    name = identifier(value)
    if name in (VOICEMAIL, HANG_UP):
        raise wrong(f"a team cannot be called {name}: a menu's fallback could not tell them apart; choose another id")
    return name


def person_reference(value: Any, info: ValidationInfo) -> str:
    written, people = scalar(value, "alice"), context_of(info).people
    if people is not None and written not in people:
        raise wrong(f"there is no person {quote(written.written)}", among_ids(written, people))
    return str(written)


def among_ids(word: str, ids: Collection[str]) -> Hint:
    return lambda: suggest(word, sorted(ids))


def target(value: Any, info: ValidationInfo) -> Target:
    """Whom a level rings: a person, or `schedule:` and the id of a schedule."""
    written, context = scalar(value, "alice or schedule:platform"), context_of(info)
    prefix, colon, schedule = written.partition(":")
    if colon and prefix == "schedule":
        if context.schedules is not None and schedule not in context.schedules:
            shown = quote(written.written.partition(":")[2])
            raise wrong(f"there is no schedule {shown}", among_ids(schedule, context.schedules))
        return OnSchedule(schedule)
    if context.people is not None and written not in context.people:
        if written in (context.schedules or ()):
            raise wrong(
                f"there is no person {quote(written.written)}; for the schedule write schedule:{written.written}"
            )
        raise wrong(f"there is no person {quote(written.written)}", among_ids(written, context.people))
    return Person(str(written))


def team_reference(value: Any, info: ValidationInfo) -> str:
    written, teams = scalar(value, "platform"), context_of(info).teams
    if teams is not None and written not in teams:
        raise wrong(f"there is no team {quote(written.written)}", among_ids(written, teams))
    return str(written)


def fallback(value: Any, info: ValidationInfo) -> str:
    written, teams = scalar(value, VOICEMAIL), context_of(info).teams
    if written in (VOICEMAIL, HANG_UP):
        return str(written)
    if teams is not None and written not in teams:
        known = teams
        raise wrong(
            f"{quote(written.written)} is neither voicemail, hang_up nor a team",
            lambda: suggest(written, [VOICEMAIL, HANG_UP, *sorted(known)]),
        )
    return str(written)


def digit(value: Any) -> str:
    written = scalar(value, "1")
    if not re.fullmatch(r"[0-9]", written):
        raise wrong(f"{quote(written.written)} is not a key for an option; use one digit from 0 to 9")
    return str(written)


def hand_over_digit(value: Any) -> str:
    written = scalar(value, "1")
    if not re.fullmatch(r"[1-9]", written):
        raise wrong(f"{quote(written.written)} is not a key for a team; use one digit from 1 to 9")
    return str(written)


def web_address(value: Any) -> SecretStr:
    """A URL that may hold a token, and so is never quoted in a message."""
    written = scalar(value, '"${NAME}"')
    if not _is_url(written, ("http", "https")):
        raise wrong(
            'not a web address; write one that begins with https://, or "${NAME}" to take it from the environment'
        )
    return SecretStr(str(written))


def slack_address(value: Any) -> SecretStr:
    """The address of a Slack webhook, or the token of a bot; secret like `web_address`."""
    written = scalar(value, '"${SLACK_URL}"')
    if not (_is_url(written, ("http", "https")) or re.fullmatch(rf"{SLACK_BOT}[A-Za-z0-9-]+", written)):
        raise wrong(
            "neither a web address nor the token of a bot; write one that begins with https:// or xoxb-, "
            'or "${NAME}" to take it from the environment'
        )
    return SecretStr(str(written))


SLACK_BOT = "xoxb-"
"""What the tokens of Slack's bots begin with."""


def public_url(value: Any) -> str:
    """Where people's browsers reach this system, without a slash at its end."""
    written = scalar(value, "https://hotline.example.com")
    parts = urlsplit(written) if _is_url(written, ("http", "https")) else None
    if parts is None or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong(
            f"{quote(written.written)} is not an address for a browser; write it like https://hotline.example.com"
        )
    return str(written).rstrip("/")


def slack_api(value: Any) -> str:
    """Where Slack's web API is, without a slash at its end."""
    written = scalar(value, "https://slack.com/api")
    parts = urlsplit(written) if _is_url(written, ("http", "https")) else None
    if parts is None or not parts.hostname or parts.query or parts.fragment:
        raise wrong(f"{quote(written.written)} is not a web address; write it like https://slack-gov.com/api")
    return str(written).rstrip("/")


def hook_secret(value: Any) -> SecretStr:
    """What signs webhooks: any text, or `whsec_` and base64 as the Standard Webhooks scheme has it."""
    written = secret(value)
    encoded = written.get_secret_value().removeprefix("whsec_")
    if encoded != written.get_secret_value() and not re.fullmatch(r"[A-Za-z0-9+/]{24,}={0,2}", encoded):
        raise wrong("begins with whsec_, so base64 of at least 18 bytes belongs after it; copy it again, whole")
    return written


_MAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"


def mail_address(value: Any) -> str:
    written = scalar(value, "alice@example.com")
    if not re.fullmatch(_MAIL, written):
        raise wrong(f"{quote(written.written)} is not an e-mail address; write it like alice@example.com")
    return str(written)


def ip_network(value: Any) -> IPv4Network | IPv6Network:
    """An address or a network."""
    written = scalar(value, "10.0.0.0/8")
    try:
        network = ipaddress.ip_network(str(written), strict=False)
    except ValueError:
        raise wrong(
            f"{quote(written.written)} is neither an address nor a network; write it like 10.0.0.5 or 10.0.0.0/8"
        ) from None
    address = written.partition("/")[0]
    if ipaddress.ip_address(address) != network.network_address:
        raise wrong(f"{quote(written.written)} is an address inside of a network; write {address} or {network}")
    return network


def any_address(value: Any) -> SecretStr:
    """A URL of any scheme, such as those of Apprise; secret like `web_address`."""
    written = scalar(value, '"${NAME}"')
    if not _is_url(written):
        raise wrong('not an address; write a URL such as "mailto://…", or "${NAME}" to take it from the environment')
    return SecretStr(str(written))


def notification(value: Any) -> SecretStr:
    """How a person is told of a page: `voice`, or a URL that may hold a token."""
    written = scalar(value, "voice")
    if written != VOICE and not _is_url(written):
        raise wrong('neither voice nor an address; write voice, or a URL such as "mailto://…" or "${NAME}"')
    return SecretStr(str(written))


VOICE = "voice"


def mail_recipient(address: str) -> str | None:
    """Whom `mailto://alice@example.com` means. None for any other URL, also for an Apprise one that says more."""
    match = re.fullmatch(rf"mailto://({_MAIL})/?", address)
    return match[1] if match else None


def _is_url(written: str, schemes: Collection[str] = ()) -> bool:
    match = re.fullmatch(r"([a-z][a-z0-9+.-]*)://[^\s/]\S*", written)
    return match is not None and (not schemes or match[1] in schemes)


def existing_file(value: Any, info: ValidationInfo) -> Path:
    """A file, relative to the YAML's own directory."""
    written = scalar(value, "welcome.wav")
    path = context_of(info).directory / written
    try:
        if path.is_file():
            path.open("rb").close()
            return path
        found = "is a directory" if path.is_dir() else "does not exist"
    except (OSError, ValueError):
        found = "cannot be read"
    raise wrong(f"{quote(written.written)} {found}; a file is looked for beside this YAML, or give its whole path")


def existing_directory(value: Any, info: ValidationInfo) -> Path:
    """A directory, relative to the YAML's own."""
    written = scalar(value, "/opt/models/whisper-small")
    path = context_of(info).directory / written
    try:
        if path.is_dir():
            return path
    except (OSError, ValueError):
        pass
    raise wrong(f"{quote(written.written)} is not a directory; give its whole path")


def path_under_data(value: Any, info: ValidationInfo) -> Path:
    """A directory or file of the system's own, relative to the YAML; a default lies in the data directory."""
    context = context_of(info)
    if isinstance(value, Path):
        return context.data / value
    return context.directory / scalar(value, "/var/lib/lcr")


def secret_file(value: Any, info: ValidationInfo) -> Path:
    """A file with one secret. The default is made at first start, so only a written one must be there already."""
    return path_under_data(value, info) if isinstance(value, Path) else existing_file(value, info)


def sip_password(value: Any) -> SecretStr:
    """A password as Asterisk's configuration files can hold it: a semicolon would begin a comment there."""
    if not re.fullmatch(r"[!-:<-\[\]-~]+", scalar(value, '"${TRUNK_PASSWORD}"')):
        raise wrong(
            "Asterisk cannot hold this password: only ASCII without spaces, ; and \\ is possible; choose another"
        )
    return SecretStr(str(value))


def password_from(file: Path) -> SecretStr:
    """The password in a file, which may end with a line break."""
    try:
        written = file.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise wrong("password_file cannot be read as text; correct its owner, mode or content") from None
    if not written:
        raise wrong("password_file is empty; write the password into it")
    return sip_password(Text.at(Place(1, 1), written, written=written, plain=False))


def port_range(value: Any) -> tuple[int, int]:
    """The first and the last UDP port for sound."""
    written = scalar(value, "10000-10999")
    match = re.fullmatch(r"([0-9]{4,5})-([0-9]{4,5})", written)
    if match is None or not 1024 <= int(match[1]) < int(match[2]) <= 65535:
        raise wrong(f"{quote(written.written)} is not a range of ports from 1024 to 65535; write it like 10000-10999")
    return int(match[1]), int(match[2])


def ari_url(value: Any) -> str:
    written = scalar(value, "http://127.0.0.1:8088")
    try:
        parts = urlsplit(written)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        extra = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    except ValueError:
        good, extra = False, ""
    if not good or extra or re.search(r"\s", written):
        raise wrong(
            f"{quote(written.written)} is not the address of Asterisk's HTTP server; write it like http://127.0.0.1:8088"
        )
    return written.rstrip("/")


def database_url(value: Any, info: ValidationInfo) -> SecretStr:
    """An SQLAlchemy URL; secret, because it may hold a password, and so never quoted in a message."""
    if isinstance(value, SecretStr):
        return SecretStr(f"sqlite+aiosqlite:///{context_of(info).data / 'lcr.db'}")
    written = scalar(value, "sqlite+aiosqlite:////var/lib/lcr/lcr.db")
    if not re.match(r"(sqlite\+aiosqlite|postgresql\+asyncpg)://\S+$", written):
        raise wrong(
            "not a database this can use; write sqlite+aiosqlite:////PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME"
        )
    return SecretStr(str(written))


@dataclass(frozen=True, slots=True)
class Listen:
    """A TCP address to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def from_here(self) -> Listen:
        """Where it can be reached from the same machine."""
        return Listen(_FROM_HERE.get(self.host, self.host), self.port)


_FROM_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where something listens on all addresses


def listen(value: Any) -> Listen:
    written = scalar(value, "127.0.0.1:8080")
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", written)
    if match is None or not 0 < int(match[3]) < 65536:
        raise wrong(f"{quote(written.written)} is not an address to listen on; write it like 127.0.0.1:8080")
    return Listen(match[1] or match[2], int(match[3]))


Line = Annotated[str, PlainValidator(line), shapes.LINE]
Spoken = Annotated[str, PlainValidator(spoken), shapes.ANYTHING]
Identifier = Annotated[str, PlainValidator(identifier), shapes.ID]
PersonIdentifier = Annotated[str, PlainValidator(person_identifier), shapes.ID]
TeamIdentifier = Annotated[str, PlainValidator(team_identifier), shapes.ID]
PersonReference = Annotated[str, PlainValidator(person_reference), shapes.REFERENCE]
TeamReference = Annotated[str, PlainValidator(team_reference), shapes.REFERENCE]
Fallback = Annotated[str, PlainValidator(fallback), shapes.REFERENCE]
Digit = Annotated[str, PlainValidator(digit), shapes.DIGIT]
HandOverDigit = Annotated[str, PlainValidator(hand_over_digit), shapes.HAND_OVER_DIGIT]
Boolean = Annotated[bool, PlainValidator(boolean), shapes.BOOLEAN]
ExistingFile = Annotated[Path, PlainValidator(existing_file), shapes.LINE]
Secret = Annotated[SecretStr, PlainValidator(secret), shapes.SECRET]
HookSecret = Annotated[SecretStr, PlainValidator(hook_secret), shapes.SECRET]
MailAddress = Annotated[str, PlainValidator(mail_address), shapes.MAIL_ADDRESS]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(ip_network), shapes.IP_NETWORK]
SlackAddress = Annotated[SecretStr, PlainValidator(slack_address), shapes.SLACK_ADDRESS]
WebAddress = Annotated[SecretStr, PlainValidator(web_address), shapes.WEB_ADDRESS]
AnyAddress = Annotated[SecretStr, PlainValidator(any_address), shapes.URL]
Notification = Annotated[SecretStr, PlainValidator(notification), shapes.NOTIFICATION]
LevelTarget = Annotated[Target, PlainValidator(target), shapes.TARGET]
