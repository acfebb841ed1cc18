"""Passwords are made up once, kept, and readable by this user alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.secrets import secret


def test_a_secret_is_long_stays_the_same_and_differs_from_others(tmp_path: Path) -> None:
    ari = secret(tmp_path, "ari")
    assert len(ari) == 40
    assert secret(tmp_path, "ari") == ari
    assert secret(tmp_path, "softphone-bob") != ari


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    secret(tmp_path, "ari")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["ari"]
    assert stat.S_IMODE((tmp_path / "secrets/ari").stat().st_mode) == 0o600


def test_programs_that_start_at_once_agree_on_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret(tmp_path, "ari"), range(32)))) == 1


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret(tmp_path, "ari")
    (tmp_path / "secrets/ari").chmod(0o644)
    with pytest.raises(PbxError, match="chmod 600"):
        secret(tmp_path, "ari")


@pytest.mark.parametrize("name", ["../ari", "a/b", "", ".ari", "a b"])
def test_a_name_cannot_leave_the_directory(name: str, tmp_path: Path) -> None:
    with pytest.raises(PbxError):
        secret(tmp_path, name)
