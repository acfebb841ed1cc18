"""An admin's values reach Asterisk's configuration as they are, or are refused: they never become other settings."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.render import control_socket, local_files, write_config
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login, Trunk
from lcr_asterisk.pbx.system import system_spec

CARRIER = Address("127.0.0.2", 5070)
BINARY = AsteriskBinary(("/usr/sbin/asterisk",), (22, 10, 1), Path("/usr/lib/modules"), Path("/usr/share/asterisk"))


def section(text: str, header: str) -> dict[str, str]:
    """The settings under `header` (the whole line, with its template)."""
    body = text.partition(header + "\n")[2].partition("\n[")[0]
    pairs = (line.split(" = ", 1) for line in body.splitlines() if " = " in line)
    return {name: value for name, value in pairs}


def test_an_instance_listens_only_where_it_was_told(tmp_path: Path) -> None:
    spec = InstanceSpec(tmp_path, http=Address("127.0.0.1", 18088), sip=Address("127.0.0.1", 15060), rtp=(20000, 20099))
    files = local_files(spec)
    assert section(files["http.conf"], "[general](+)") == {"bindaddr": "127.0.0.1", "bindport": "18088"}
    assert section(files["pjsip.conf"], "[lcr-udp]")["bind"] == "127.0.0.1:15060"
    assert section(files["rtp.conf"], "[general](+)") == {"rtpstart": "20000", "rtpend": "20099"}


def test_nothing_listens_beyond_this_machine_unless_asked(tmp_path: Path) -> None:
    spec = InstanceSpec(tmp_path)
    assert (spec.http.host, spec.sip.host) == ("127.0.0.1", "127.0.0.1")


def test_a_trunk_is_known_by_its_addresses_and_authenticates_itself(tmp_path: Path) -> None:
    trunk = Trunk(CARRIER, auth=Login("acme", "s3cret"), register=True, match=("192.0.2.0/24",))
    text = local_files(InstanceSpec(tmp_path, trunk=trunk))["pjsip.conf"]
    assert section(text, "[trunk](lcr-trunk)")["outbound_auth"] == "trunk"
    assert section(text, "[trunk](lcr-trunk-aor)")["contact"] == "sip:127.0.0.2:5070"
    assert "match = 127.0.0.2\nmatch = 192.0.2.0/24\n" in text
    assert section(text, "[trunk](lcr-trunk-registration)")["client_uri"] == "sip:acme@127.0.0.2:5070"
    assert "username = acme\npassword = s3cret\n" in text


def test_a_trunk_without_password_does_not_offer_one(tmp_path: Path) -> None:
    text = local_files(InstanceSpec(tmp_path, trunk=Trunk(CARRIER)))["pjsip.conf"]
    assert "auth" not in text
    assert "registration" not in text


def test_the_carrier_is_asked_whether_it_is_there_beside_the_trunk(tmp_path: Path) -> None:
    """Not at the trunk: Asterisk sends no call to a contact that missed its last question."""
    text = local_files(InstanceSpec(tmp_path, trunk=Trunk(CARRIER)))["pjsip.conf"]
    assert section(text, "[trunk-watch](lcr-trunk-watch)") == {"transport": "lcr-udp", "aors": "trunk-watch"}
    assert section(text, "[trunk-watch](lcr-trunk-watch-aor)") == {"contact": "sip:127.0.0.2:5070"}


def test_a_carrier_that_answers_no_questions_is_not_asked(tmp_path: Path) -> None:
    assert "watch" not in local_files(InstanceSpec(tmp_path, trunk=Trunk(CARRIER, watch=False)))["pjsip.conf"]


def test_a_softphone_has_its_password_and_cannot_choose_its_caller_id(tmp_path: Path) -> None:
    text = local_files(InstanceSpec(tmp_path, softphones=(Login("bob", "hunter2"),)))["pjsip.conf"]
    assert section(text, "[bob](lcr-softphone-auth)") == {"username": "bob", "password": "hunter2"}
    assert section(text, "[bob](lcr-softphone)")["callerid"] == '"bob" <bob>'


@pytest.mark.parametrize(
    "make",
    [
        lambda d: InstanceSpec(d, softphones=(Login("bob\n[evil]", "x"),)),
        lambda d: InstanceSpec(d, softphones=(Login("bob", "x\nallow_transfer = yes"),)),
        lambda d: InstanceSpec(d, softphones=(Login("bob", "half;comment"),)),
        lambda d: InstanceSpec(d, softphones=(Login("bob", "back\\"),)),
        lambda d: InstanceSpec(d, softphones=(Login("bob", ""),)),
        lambda d: InstanceSpec(d, softphones=(Login("+14155550101", "x"),)),
        lambda d: InstanceSpec(d, softphones=(Login("bob", "x"), Login("bob", "y"))),
        lambda d: InstanceSpec(d, trunk=Trunk(CARRIER, endpoint="bob"), softphones=(Login("bob", "x"),)),
        lambda d: InstanceSpec(d, trunk=Trunk(CARRIER), softphones=(Login("trunk-watch", "x"),)),
        lambda d: InstanceSpec(d, trunk=Trunk(CARRIER, endpoint="trunk](x")),
        lambda d: InstanceSpec(d, trunk=Trunk(CARRIER, match=("127.0.0.2\n[x]",))),
        lambda d: InstanceSpec(d, trunk=Trunk(CARRIER, register=True)),
        lambda d: InstanceSpec(d, sip=Address("127.0.0.1;", 5060)),
        lambda d: InstanceSpec(d, sip=Address("127.0.0.1\n", 5060)),
        lambda d: InstanceSpec(d, sip=Address("127.0.0.1", 70000)),
        lambda d: InstanceSpec(d, rtp=(11000, 10000)),
        lambda d: InstanceSpec(d, globals={"LCR_SOUND_AWAY": "/a${SHELL(id)}"}),
        lambda d: InstanceSpec(d, globals={"LCR_SOUND_AWAY": "/a,b"}),
        lambda d: InstanceSpec(d, globals={"LCR_SOUND_AWAY": "/a\nb"}),
        lambda d: InstanceSpec(d, globals={"x=y": "/a"}),
        lambda d: InstanceSpec(d, music={"hold]": d}),
        lambda d: InstanceSpec(d, extra={"../extensions.conf": ""}),
        lambda d: InstanceSpec(d / "semi;colon"),
        lambda d: InstanceSpec(d / "line\nbreak"),
    ],
)
def test_what_would_become_another_setting_is_refused(make: Callable[[Path], InstanceSpec], tmp_path: Path) -> None:
    with pytest.raises(PbxError):
        make(tmp_path)


def test_a_refused_or_printed_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(PbxError) as refused:
        Login("bob", "p4ssw\nord")
    assert "p4ssw" not in str(refused.value)
    spec = InstanceSpec(tmp_path, ari_users=(Login("lcr", "p4ssword"),), softphones=(Login("bob", "p4ssword"),))
    assert "p4ssword" not in repr(spec)


def test_only_this_user_can_read_the_configuration(tmp_path: Path) -> None:
    spec = InstanceSpec(tmp_path / "pbx", ari_users=(Login("lcr", "p4ssword"),))
    write_config(spec, BINARY)
    assert stat.S_IMODE(spec.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(spec.etc.stat().st_mode) == 0o700
    files = [path for path in spec.etc.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_writing_again_leaves_nothing_of_the_old_configuration(tmp_path: Path) -> None:
    write_config(InstanceSpec(tmp_path, extra={"old.conf": "[x]"}), BINARY)
    conf = write_config(InstanceSpec(tmp_path), BINARY)
    assert not (tmp_path / "etc/local/old.conf").exists()
    assert (tmp_path / "etc/dialplan/lcr.conf").exists()
    assert f"astmoddir => {BINARY.modules_dir}" in conf.read_text()
    assert [path.name for path in tmp_path.glob("etc*")] == ["etc"]


def test_missing_hold_music_is_said_before_a_caller_waits_in_silence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PbxError, match="hold music calm has no sound files"):
        write_config(InstanceSpec(tmp_path / "pbx", music={"calm": tmp_path / "empty"}), BINARY)


def test_a_deep_directory_gets_a_short_control_socket_that_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = InstanceSpec(tmp_path / ("d" * 100))
    socket = control_socket(deep)
    assert socket.parent.parent == tmp_path
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert f"astrundir => {socket.parent}\n" in write_config(deep, BINARY).read_text()
    socket.parent.chmod(0o777)
    with pytest.raises(PbxError, match="not a private directory"):
        control_socket(deep)


def test_the_system_keeps_the_passwords_it_made_up(tmp_path: Path) -> None:
    first = system_spec(tmp_path, softphones=["bob"], away=tmp_path / "sounds" / "abc.wav")
    again = system_spec(tmp_path, softphones=["bob"])
    assert first.ari_users == again.ari_users
    assert first.softphones == again.softphones
    assert first.globals == {"LCR_SOUND_AWAY": str(tmp_path / "sounds" / "abc")}
