"""What the rest of the system asks the settings, and how single values are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lcr_asterisk.config import Settings, load
from lcr_asterisk.errors import ConfigError

YAML = """\
version: 1
defaults: {region: US}
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
teams:
  platform:
    name: Platform
    escalation:
      - {ring: [alice]}
      - ring: [alice]
        for: 40s
routes:
  production: {name: Production, numbers: ["+14155551000"], team: platform}
  berlin:
    name: Berlin
    numbers: ["+493023125000"]
    region: DE
    team: platform
"""

NOBODY = 65534  # the user of this name on every Linux

Write = Callable[[str], Settings]


@pytest.fixture
def read(tmp_path: Path) -> Write:
    def write_and_load(text: str) -> Settings:
        file = tmp_path / "lcr.yaml"
        file.write_text(text)
        return load(file, {}, tmp_path / "data")

    return write_and_load


@pytest.mark.parametrize(
    ("number", "route"),
    [
        ("+14155551000", "production"),
        ("14155551000", "production"),
        ("0014155551000", "production"),
        ("01114155551000", "production"),
        ("4155551000", "production"),
        ("(415) 555-1000", "production"),
        ("+493023125000", "berlin"),
        ("493023125000", "berlin"),
        ("00493023125000", "berlin"),
        ("03023125000", "berlin"),
        ("+14155551001", None),
        ("5551000", None),
        ("s", None),
        ("anonymous", None),
        ("", None),
        ("+", None),
        ("٤١٥٥٥٥١٠٠٠", None),
        ("4" * 500, None),
    ],
)
def test_the_number_dialled_finds_its_route_however_the_trunk_writes_it(
    read: Write, number: str, route: str | None
) -> None:
    found = read(YAML).route_for(number)
    assert (found.id if found else None) == route


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("teams", "platform", "escalation", 0), 9),
        (("teams", "platform", "escalation", 1), 10),
        (("teams", "platform", "escalation", 1, "for"), 11),
        (("routes", "production"), 13),
        (("routes", "berlin"), 14),
        (("routes", "berlin", "numbers", 0), 16),
        (("routes", "berlin", "no_answer"), 14),
    ],
    ids=str,
)
def test_a_setting_can_be_traced_to_its_line(
    read: Write, tmp_path: Path, path: tuple[str | int, ...], line: int
) -> None:
    """What is not written is traced to the block whose default it is."""
    assert read(YAML).source(*path) == f"{tmp_path}/lcr.yaml:{line}"


@pytest.mark.parametrize(
    ("written", "seconds"), [("25s", 25), ("5m", 300), ("2m30s", 150), ("1m0s", 60), ("0.1h", None), ("1.5s", 1.5)]
)
def test_a_level_rings_as_long_as_written(read: Write, written: str, seconds: float | None) -> None:
    text = YAML.replace("for: 40s", f"for: {written}")
    if seconds is None:
        with pytest.raises(ConfigError):
            read(text)
    else:
        assert read(text).teams["platform"].escalation[1].seconds == seconds


def test_a_level_without_time_rings_as_long_as_the_defaults_say(read: Write) -> None:
    settings = read(YAML.replace("region: US", "region: US, ring: 33s"))
    assert [level.seconds for level in settings.teams["platform"].escalation] == [33.0, 40.0]


def test_settings_cannot_be_changed(read: Write) -> None:
    settings = read(YAML)
    with pytest.raises(Exception, match="frozen"):
        settings.routes["production"].active = False  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.routes["other"] = settings.routes["production"]  # type: ignore[index]


def test_a_secret_that_turns_out_wrong_is_not_repeated_in_the_message(read: Write, tmp_path: Path) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(YAML + 'database: "${URL}"\nasterisk: {user: "${USER}", url: "${URL}"}\n')
    with pytest.raises(ConfigError) as raised:
        load(file, {"URL": "hunter2", "USER": "hunter2 "}, tmp_path)
    assert len(raised.value.problems) == 3
    assert "hunter2" not in str(raised.value)


def test_the_ari_password_is_read_from_its_file(read: Write, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct-horse\n")
    settings = read(YAML + "asterisk: {password_file: password}\n")
    assert settings.asterisk.read_password().get_secret_value() == "correct-horse"
    assert "correct-horse" not in repr(settings.asterisk.read_password())


def test_an_ari_password_that_is_not_there_is_named(read: Write, tmp_path: Path) -> None:
    settings = read(YAML)
    with pytest.raises(ConfigError, match=r"data/secrets/ari: the ARI password cannot be read: No such file"):
        settings.asterisk.read_password()
    (tmp_path / "data" / "secrets").mkdir(parents=True)
    (tmp_path / "data" / "secrets" / "ari").write_text("\n")
    with pytest.raises(ConfigError, match=r"data/secrets/ari: is empty"):
        settings.asterisk.read_password()


def test_a_carrier_is_described_with_its_password_from_a_file(read: Write, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct-horse\n")
    carrier = "host: sip.example.com, user: lcr, password_file: password, register: true, match: [192.0.2.0/24]"
    trunk = read(YAML + f"trunk: {{{carrier}}}\n").trunk
    assert trunk.password is not None
    assert trunk.password.get_secret_value() == "correct-horse"
    assert "correct-horse" not in repr(trunk)
    assert (trunk.host, trunk.port, trunk.user, trunk.register_, trunk.match) == (
        ("sip.example.com", 5060, "lcr", True, ("192.0.2.0/24",))
    )


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8088", "127.0.0.1:8088"),
        ("https://pbx.example.com/", "pbx.example.com:443"),
        ("http://[::1]:80", "[::1]:80"),
    ],
)
def test_the_address_of_asterisk_is_that_of_its_url(read: Write, url: str, address: str) -> None:
    assert str(read(YAML + f'asterisk: {{url: "{url}"}}\n').asterisk.address) == address


def test_the_ports_of_an_asterisk_of_our_own(read: Write) -> None:
    asterisk = read(YAML + 'asterisk: {sip: "0.0.0.0:5070", rtp: 20000-20099}\n').asterisk
    assert (str(asterisk.sip), asterisk.rtp) == ("0.0.0.0:5070", (20000, 20099))


def test_a_file_that_may_not_be_read_is_named() -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "a.wav").touch(mode=0o000)
        welcome = "team: platform, messages: {welcome: {file: a.wav}}}"
        (directory / "lcr.yaml").write_text(YAML.replace("team: platform}", welcome))
        with as_somebody_else(), pytest.raises(ConfigError, match=r'"a\.wav" cannot be read; a file is looked for'):
            load(directory / "lcr.yaml", {}, directory)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may read everything, so for a moment this is not root."""
    me = os.geteuid()
    os.seteuid(me or NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)


def test_null_in_quotes_and_from_the_environment_is_a_name(read: Write, tmp_path: Path) -> None:
    """It is the name of people, whose lives software makes hard enough."""
    settings = read(YAML.replace("name: Alice Martin", 'name: "Null"'))
    assert settings.people["alice"].name == "Null"
    (tmp_path / "lcr.yaml").write_text(YAML.replace("name: Alice Martin", "name: '${NAME}'"))
    assert load(tmp_path / "lcr.yaml", {"NAME": "null"}, tmp_path).people["alice"].name == "null"


def test_one_mistake_does_not_hide_another(read: Write) -> None:
    """A wrong default does not cost the other defaults, nor a wrong person the checks of names."""
    text = YAML.replace("region: US", "region: US, ring: soon").replace('"+14155550101"', '"4155550101", "1"')
    with pytest.raises(ConfigError) as raised:
        read(text.replace("team: platform}", "team: nobody}"))
    paths = [problem.split(": ")[1] for problem in raised.value.problems]
    assert paths == ["defaults.ring", "people.alice.phones[1]", "routes.production.team"]
