"""A suitable Asterisk is found, or it is said in one sentence why there is none and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.mirror import parse_mirror
from lcr_asterisk.pbx.root import OLDEST, binary_in, ensure_asterisk, find_asterisk, parse_version


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("Asterisk 22.10.1~dfsg+~cs6.15.60671435-1\n", (22, 10, 1)),
        ("Asterisk 22.10.1\n", (22, 10, 1)),
        ("Asterisk 23.0\n", (23, 0, 0)),
        ("Asterisk certified/22.8-cert1\n", (22, 8, 0)),
        ("Asterisk GIT-master-1234abc\n", None),
        ("", None),
    ],
)
def test_version_printed_by_asterisk(printed: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(printed) == version


def program(path: Path, prints: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("22.10.1", True), ("22.10.0", False), ("22.9.5", False), ("20.19.0", False), ("22.11.0", True), ("23.0.0", True)],
)
def test_only_22_10_1_and_newer_is_accepted(version: str, accepted: bool, tmp_path: Path) -> None:
    assert OLDEST == (22, 10, 1)
    root = tmp_path / "root"
    program(root / "usr/sbin/asterisk", "not run directly")
    loader = program(root / "usr/lib/some-triplet/ld-linux-some.so.2", f"Asterisk {version}")
    binary = binary_in(root)
    assert (binary is not None) == accepted
    if binary is not None:
        assert binary.modules_dir == loader.parent / "asterisk/modules"
        assert binary.command(Path("/x/asterisk.conf"))[0] == str(loader)
        assert binary.command(Path("/x/asterisk.conf"))[-2:] == ["-C", "/x/asterisk.conf"]


def test_an_unfinished_root_is_not_taken_for_asterisk(tmp_path: Path) -> None:
    assert binary_in(tmp_path / "absent") is None
    program(tmp_path / "usr/sbin/asterisk", "Asterisk 22.10.1")
    assert binary_in(tmp_path) is None


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Asterisk; returns the directory that its programs are in."""
    programs = tmp_path / "bin"
    program(
        programs / "apt-get",
        "Repo-URI: http://mirror.example/debian/\nComponent: main\nOrigin: Debian\nLabel: Debian\n",
    )
    monkeypatch.setenv("PATH", f"{programs}:/bin:/usr/bin")
    monkeypatch.setattr(
        "shutil.which", lambda name, path=None: str(programs / name) if (programs / name).exists() else None
    )
    return programs


def refusal(data: Path) -> PbxError:
    with pytest.raises(PbxError) as refused:
        ensure_asterisk(data, lambda line: None)
    assert find_asterisk(data) is None
    assert not (data / "asterisk-root.partial").exists()
    return refused.value


def mmdebstrap(programs: Path, complaint: str) -> None:
    path = program(programs / "mmdebstrap", "")
    path.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{complaint}\nEND\nexit 25\n")


@pytest.mark.usefixtures("bare_machine")
def test_without_mmdebstrap_the_admin_is_told_to_install_it(tmp_path: Path) -> None:
    assert "apt-get install mmdebstrap" in str(refusal(tmp_path / "data"))


def test_a_mirror_that_does_not_answer_is_named(bare_machine: Path, tmp_path: Path) -> None:
    mmdebstrap(bare_machine, "E: Failed to fetch http://mirror.example/debian/dists/x  Could not connect\nE: failed")
    error = refusal(tmp_path / "data")
    assert "http://mirror.example/debian cannot be reached" in error.message
    assert error.remedy is not None


def test_a_full_disk_is_named_though_apt_calls_it_a_failed_fetch(bare_machine: Path, tmp_path: Path) -> None:
    mmdebstrap(
        bare_machine, "E: Failed to fetch http://mirror.example/x  Write error - write (28: No space left on device)"
    )
    assert "no room for Asterisk" in refusal(tmp_path / "data").message


def test_any_other_failure_gives_its_first_error(bare_machine: Path, tmp_path: Path) -> None:
    mmdebstrap(bare_machine, "I: running\nE: something odd\nE: mmdebstrap failed to run")
    assert "something odd" in refusal(tmp_path / "data").message


def test_a_fetched_asterisk_that_does_not_run_is_not_kept(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine / "mmdebstrap", "done")
    assert "does not run here or is too old" in refusal(tmp_path / "data").message


def stanza(**fields: str) -> str:
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items()) + "\n"


DEBIAN = {"Component": "main", "Origin": "Debian", "Label": "Debian"}


def test_the_mirror_is_the_one_apt_uses_for_debian_main() -> None:
    targets = (
        stanza(Repo_URI="http://security.example/debian-security/", **{**DEBIAN, "Label": "Debian-Security"})
        + stanza(Repo_URI="http://other.example/debian/", Component="main", Origin="Other", Label="Other")
        + stanza(Repo_URI="http://mirror.example/debian/", **{**DEBIAN, "Component": "contrib"})
        + stanza(Repo_URI="http://mirror.example/debian/", **DEBIAN)
        + stanza(Repo_URI="http://second.example/debian/", **DEBIAN)
    )
    assert parse_mirror(targets) == "http://mirror.example/debian"


def test_before_the_first_apt_update_the_mirror_is_known_by_its_path() -> None:
    targets = stanza(Repo_URI="http://security.example/debian-security/", Component="main") + stanza(
        Repo_URI="https://mirror.example/debian/", Component="main"
    )
    assert parse_mirror(targets) == "https://mirror.example/debian"


def test_a_machine_without_debian_sources_has_no_mirror() -> None:
    assert parse_mirror("") is None
    assert parse_mirror(stanza(Repo_URI="cdrom:[disc]/", **DEBIAN)) is None
