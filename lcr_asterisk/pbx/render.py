"""Writes an instance's configuration: asterisk-conf/ and dialplan/ as they are, local/*.conf generated.

The generated files hold passwords: directories are 0700, files 0600. The whole etc/ directory is made anew beside the
old one and then takes its place, so that a reload never sees half of it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import InstanceSpec, Trunk, check_plain

# A Unix socket's path fits in 107 bytes (sun_path of unix(7) holds 108 with its end); Asterisk refuses longer ones.
_SOCKET_PATH_MAX = 107
_DIRECTORIES = ("spool/recording", "spool/away", "spool/tmp", "log", "run", "db", "cache", "lib", "keys", "agi")


def write_config(spec: InstanceSpec, binary: AsteriskBinary) -> Path:
    """Write `spec.etc` and make the directories it names; returns the asterisk.conf to start with.

    PbxError: the project's configuration files or the hold music are missing, or a directory cannot be written.
    """
    for name, directory in spec.music.items():
        # Asterisk would drop the class at start and leave whoever waits on it in silence.
        if not directory.is_dir() or not any(directory.iterdir()):
            raise PbxError(f"The hold music {name} has no sound files: {directory} is missing or empty.")
    texts = _shipped()
    texts["asterisk.conf"] = _asterisk_conf(spec, binary)
    texts.update({f"local/{name}": text for name, text in local_files(spec).items()})
    try:
        spec.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _DIRECTORIES:
            (spec.directory / name).mkdir(parents=True, exist_ok=True)
        _replace_directory(spec.etc, texts)
    except OSError as error:
        raise PbxError(f"Asterisk's configuration cannot be written to {spec.etc}: {error.strerror}.") from error
    return spec.asterisk_conf


def control_socket(spec: InstanceSpec) -> Path:
    """Where Asterisk listens for `asterisk -r`: in run/, or in a short private directory if that path is too long.

    PbxError: the private directory belongs to someone else.
    """
    usual = spec.directory / "run" / "asterisk.ctl"
    if len(os.fsencode(usual)) <= _SOCKET_PATH_MAX:
        return usual
    digest = hashlib.sha256(os.fsencode(spec.directory)).hexdigest()[:12]
    directory = Path(tempfile.gettempdir()) / f"lcr-{os.getuid()}-{digest}"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        status = directory.lstat()
    except OSError as error:
        raise PbxError(f"The run directory {directory} cannot be made: {error.strerror}.") from error
    # The name can be guessed: in a directory prepared by another user, that user could answer in Asterisk's place.
    if status.st_uid != os.getuid() or status.st_mode & 0o170777 != 0o040700:
        raise PbxError(f"{directory} is not a private directory of this user.", remedy="Remove it and try again.")
    return directory / usual.name


def local_files(spec: InstanceSpec) -> dict[str, str]:
    """File name under local/ to its text, for one instance."""
    files = {
        "http.conf": f"[general](+)\nbindaddr = {spec.http.host}\nbindport = {spec.http.port}\n",
        "ari.conf": "".join(
            f"[{user.name}]\ntype = user\nread_only = no\npassword_format = plain\npassword = {user.password}\n"
            for user in spec.ari_users
        ),
        "rtp.conf": f"[general](+)\nrtpstart = {spec.rtp[0]}\nrtpend = {spec.rtp[1]}\n",
        "pjsip.conf": _pjsip(spec),
        "musiconhold.conf": "".join(
            f"[{name}]\nmode = files\ndirectory = {directory.absolute()}\nsort = alpha\n"
            for name, directory in spec.music.items()
        ),
        "globals.conf": "[globals](+)\n"
        + "".join(
            f"{name} = {value}\n" for name, value in {"LCR_AWAY_DIR": str(spec.spool / "away"), **spec.globals}.items()
        ),
    }
    for name, text in spec.extra.items():
        files[name] = files.get(name, "") + text.rstrip("\n") + "\n"
    return files


def _shipped() -> dict[str, str]:
    """The files of the repository's asterisk-conf/ and dialplan/, by their path under etc/."""
    repository = Path(__file__).parents[2]
    sources = {"": repository / "asterisk-conf", "dialplan/": repository / "dialplan"}
    texts: dict[str, str] = {}
    for prefix, directory in sources.items():
        files = sorted(directory.glob("*.conf"))
        if not files:
            raise PbxError(
                f"Asterisk's configuration files are missing: {directory} has none.",
                remedy="Run from a complete checkout of the repository.",
            )
        texts.update({prefix + file.name: file.read_text(encoding="utf-8") for file in files})
    return texts


def _asterisk_conf(spec: InstanceSpec, binary: AsteriskBinary) -> str:
    directory = spec.directory
    socket = control_socket(spec)
    paths = {
        "astetcdir": spec.etc,
        "astmoddir": binary.modules_dir,
        "astdatadir": binary.data_dir,
        "astvarlibdir": directory / "lib",
        "astdbdir": directory / "db",
        "astkeydir": directory / "keys",
        "astagidir": directory / "agi",
        "astcachedir": directory / "cache",
        "astspooldir": spec.spool,
        "astrundir": socket.parent,
        "astlogdir": directory / "log",
    }
    lines = [f"{name} => {check_plain(f'The directory {path}', str(path))}" for name, path in paths.items()]
    return (
        "; Written by `lcr asterisk config`; changes here are lost.\n\n[directories]\n"
        + "\n".join(lines)
        + f"""

[files]
astctl = {socket.name}
astctlpermissions = 0600            ; whoever may write to the socket is master of every call

[options]
execincludes = no
live_dangerously = no
hideconnect = yes                   ; `asterisk -rx` is used by scripts; a log line for each would bury the others
; To a caller who is being recorded: carriers drop a call that carries no sound.
transmit_silence = {"yes" if spec.transmit_silence else "no"}
"""
    )


def _pjsip(spec: InstanceSpec) -> str:
    text = f"[lcr-udp]\ntype = transport\nprotocol = udp\nbind = {spec.sip}\n"
    if spec.trunk is not None:
        text += _trunk(spec.trunk)
    for phone in spec.softphones:
        name = phone.name
        text += (
            f"\n[{name}](lcr-softphone)\ntransport = lcr-udp\naors = {name}\nauth = {name}\n"
            f'callerid = "{name}" <{name}>\n'
            f"\n[{name}](lcr-softphone-aor)\n"
            f"\n[{name}](lcr-softphone-auth)\nusername = {name}\npassword = {phone.password}\n"
        )
    return text


def _trunk(trunk: Trunk) -> str:
    name = trunk.endpoint
    text = f"\n[{name}](lcr-trunk)\ntransport = lcr-udp\naors = {name}\n"
    if trunk.auth is not None:
        text += f"outbound_auth = {name}\n"
    text += f"\n[{name}](lcr-trunk-aor)\ncontact = sip:{trunk.peer}\n"
    if trunk.watch:
        watcher = trunk.watcher
        text += f"\n[{watcher}](lcr-trunk-watch)\ntransport = lcr-udp\naors = {watcher}\n"
        text += f"\n[{watcher}](lcr-trunk-watch-aor)\ncontact = sip:{trunk.peer}\n"
    text += f"\n[{name}]\ntype = identify\nendpoint = {name}\n"
    text += "".join(f"match = {network}\n" for network in (trunk.peer.host, *trunk.match))
    if trunk.auth is not None:
        text += (
            f"\n[{name}]\ntype = auth\nauth_type = userpass\n"
            f"username = {trunk.auth.name}\npassword = {trunk.auth.password}\n"
        )
        if trunk.register:
            text += (
                f"\n[{name}](lcr-trunk-registration)\ntransport = lcr-udp\noutbound_auth = {name}\nendpoint = {name}\n"
                f"server_uri = sip:{trunk.peer}\nclient_uri = sip:{trunk.auth.name}@{trunk.peer}\n"
            )
    return text


def _replace_directory(target: Path, texts: dict[str, str]) -> None:
    """Make `target` hold exactly `texts`, private to this user."""
    fresh, old = target.with_name(target.name + ".new"), target.with_name(target.name + ".old")
    for leftover in (fresh, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    fresh.mkdir(mode=0o700)
    for name, text in texts.items():
        path = fresh / name
        path.parent.mkdir(exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    if old.exists():
        shutil.rmtree(old)
