"""What one Asterisk instance is to be: addresses, users, trunk, softphones, paths.

Every text in here ends up in a configuration file, where a line break or a semicolon would begin something new. So each
value is checked when the specification is made, and a bad one is refused with PbxError; `render` can then write them as
they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lcr_asterisk.errors import PbxError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_USER = re.compile(r"[A-Za-z0-9+._-]{1,80}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_FILE = re.compile(r"[a-z0-9_-]+\.conf")
# Letters of any language, and what paths are made of; not what the dialplan reads as its own: $ , & | ( ) [ ] " ; #
_PLAIN = re.compile(r"[\w./:+@=~ -]*")
# A password stands alone on its line, so anything printable will do but the comment sign and its escape.
_PASSWORD = re.compile(r"[!-~]+")


def _check(what: str, value: str, pattern: re.Pattern[str], allowed: str, *, secret: bool = False) -> None:
    if not pattern.fullmatch(value):
        shown = "" if secret else f" {value!r}"
        raise PbxError(f"{what}{shown} cannot be written into Asterisk's configuration.", remedy=f"Allowed: {allowed}.")


def _check_password(what: str, value: str) -> None:
    _check(what, value, _PASSWORD, "printable ASCII characters without spaces", secret=True)
    if ";" in value or "\\" in value:
        raise PbxError(f"{what} contains a semicolon or backslash, which Asterisk's configuration cannot hold.")


def check_plain(what: str, value: str) -> str:
    """`value`, if it can stand in a configuration file and in a dialplan argument as it is; PbxError otherwise."""
    _check(what, value, _PLAIN, "letters, digits, spaces and . / : + @ = ~ _ -")
    if value != value.strip():
        raise PbxError(f"{what} {value!r} begins or ends with a space, which Asterisk would drop.")
    return value


@dataclass(frozen=True)
class Address:
    """An IPv4 address or a host name, and a port."""

    host: str
    port: int

    def __post_init__(self) -> None:
        _check("The host", self.host, _HOST, "an IPv4 address or a host name")
        if not 1 <= self.port <= 65535:
            raise PbxError(f"Port {self.port} is not between 1 and 65535.")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


DEFAULT_HTTP = Address("127.0.0.1", 8088)
DEFAULT_SIP = Address("127.0.0.1", 5060)
DEFAULT_RTP = (10000, 10999)


@dataclass(frozen=True)
class Login:
    """A name with its password; the password is left out of the repr."""

    name: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _check("The user name", self.name, _USER, "letters, digits and + . _ -")
        _check_password(f"The password of {self.name}", self.password)


@dataclass(frozen=True)
class Trunk:
    """The SIP trunk. `auth` is what the carrier asks of us; `register`: whether it wants a registration besides.

    Calls from `peer.host` and from each address or network in `match` are the carrier's. `watch`: whether it is asked
    from time to time if it is there; the state of the endpoint `watcher` then tells.
    """

    peer: Address
    endpoint: str = "trunk"
    auth: Login | None = None
    register: bool = False
    match: tuple[str, ...] = ()
    watch: bool = True

    def __post_init__(self) -> None:
        _check("The trunk's endpoint", self.endpoint, _NAME, "a letter, then letters, digits, _ and -")
        for network in self.match:
            _check("The trunk's address", network, re.compile(r"[A-Za-z0-9./-]+"), "an address, network or host name")
        if self.register and self.auth is None:
            raise PbxError(f"The trunk {self.endpoint} is to register but has no user name and password.")

    @property
    def watcher(self) -> str:
        """The name of the endpoint that the carrier is asked at."""
        return watcher(self.endpoint)


def watcher(endpoint: str) -> str:
    """The endpoint beside the trunk `endpoint` whose state is that of the carrier."""
    return f"{endpoint}-watch"


@dataclass(frozen=True)
class InstanceSpec:
    """One Asterisk, living in `directory` (made if missing; etc, spool, log, run and db are under it).

    `rtp`: first and last UDP port for sound. `softphones`: names that phones register under, each with its password; a
    name begins with a letter, so that no caller's number is ever taken for a softphone. `music`: hold music class to
    directory of sound files. `globals`: dialplan variables (dialplan/README.md). `extra`: configuration file name to
    text that is put behind this instance's own part of that file; it is written as it is, so it must come from code,
    never from a user. `transmit_silence`: whether a channel that waits or is recorded sends silence meanwhile.
    """

    directory: Path
    http: Address = DEFAULT_HTTP
    sip: Address = DEFAULT_SIP
    rtp: tuple[int, int] = DEFAULT_RTP
    ari_users: tuple[Login, ...] = ()
    trunk: Trunk | None = None
    softphones: tuple[Login, ...] = ()
    music: Mapping[str, Path] = field(default_factory=dict)
    globals: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    transmit_silence: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", Path(self.directory).absolute())
        check_plain("The directory", str(self.directory))
        first, last = self.rtp
        if not 1024 <= first < last <= 65535:
            raise PbxError(f"The RTP ports {first}-{last} are not a range between 1024 and 65535.")
        names = [phone.name for phone in self.softphones] + ([self.trunk.endpoint] if self.trunk else [])
        if self.trunk is not None and self.trunk.watcher in names:
            raise PbxError(f"No softphone can be named {self.trunk.watcher!r}: the trunk is watched by this name.")
        for name in names:
            _check("The softphone name", name, _NAME, "a letter, then letters, digits, _ and -")
            if names.count(name) > 1:
                raise PbxError(f"Two SIP endpoints are named {name!r}.")
        for music_class, directory in self.music.items():
            _check("The hold music class", music_class, _NAME, "a letter, then letters, digits, _ and -")
            check_plain(f"The directory of hold music {music_class}", str(directory))
        for variable, value in self.globals.items():
            _check("The dialplan variable", variable, _VARIABLE, "capital letters, digits and _")
            check_plain(f"The dialplan variable {variable}", value)
        for file in self.extra:
            _check("The configuration file", file, _FILE, "a file name like pjsip.conf")

    @property
    def etc(self) -> Path:
        """The directory of its configuration files."""
        return self.directory / "etc"

    @property
    def asterisk_conf(self) -> Path:
        """The file that `asterisk -C` is given."""
        return self.etc / "asterisk.conf"

    @property
    def spool(self) -> Path:
        """ASTSPOOLDIR: `recording/` (ARI recordings) and `away/` (messages taken without the engine) are in it."""
        return self.directory / "spool"

    @property
    def log(self) -> Path:
        """Asterisk's own log of notices, warnings and errors."""
        return self.directory / "log" / "messages.log"
