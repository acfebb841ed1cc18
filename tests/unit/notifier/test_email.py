"""An e-mail has it all: text, HTML, recording and transcript. It arrives at a real SMTP server, or says why not."""

from __future__ import annotations

import email
import email.policy
import shutil
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import SecretStr

from lcr_asterisk.config.notifier import SmtpSecurity, SmtpSettings
from lcr_asterisk.notifier.decisions import NO_LONGER_WANTED, Decision, Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import Message, ready
from lcr_asterisk.notifier.targets.email import LARGEST, Email, render
from tests.stand_ins import MailServer, certificate, mail_server
from tests.unit.notifier.alerts import PAGE, anything, hostile, page, with_recording
from tests.unit.notifier.conftest import now

ALICE = Email("alice@example.com")
SENDER = "hotline@example.com"


def smtp(server: MailServer, **changed: Any) -> SmtpSettings:
    plain = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": SmtpSecurity.NONE,
        "user": None,
        "password": None,
        "from_": SENDER,
    }
    return SmtpSettings.model_construct(**{**plain, **changed})


async def delivered(settings: SmtpSettings, message: Message, target: Email = ALICE) -> Decision:
    async with Deliverer(now, smtp=settings) as deliverer:
        return await deliverer.deliver(target, message)


def read(mail: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


async def test_it_arrives_with_the_recording_and_the_transcript(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as server:
        assert await delivered(smtp(server), with_recording(tmp_path, b"ID3\x00\xff sound")) == Delivered()
        (mail,) = map(read, server.mails)
    assert mail["X-Envelope-To"] == "alice@example.com"
    assert (mail["From"], mail["To"]) == (SENDER, "alice@example.com")
    assert mail["Subject"] == "Page for Platform: Acme left a message on Production Incidents"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    for body in (plain.get_content(), html.get_content()):
        assert "Acme (+14155550177)" in body
        assert "The website is down." in body
        assert "https://hotline.example.com/acknowledge/abc.def" in body
        assert "Alice Martin is rung" in body
    sound, words = mail.iter_attachments()
    assert (sound.get_content_type(), sound.get_filename()) == ("audio/mpeg", "message.mp3")
    assert sound.get_content() == b"ID3\x00\xff sound"
    assert (words.get_filename(), words.get_content()) == ("transcript.txt", "The website is down.\r\n")


async def test_a_recording_that_is_too_large_is_left_to_its_link(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as server:
        assert await delivered(smtp(server), with_recording(tmp_path, bytes(LARGEST + 1))) == Delivered()
        (mail,) = map(read, server.mails)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["transcript.txt"]
    plain = mail.get_body(("plain",))
    assert plain is not None and "https://hotline.example.com/recordings/1" in plain.get_content()


async def test_a_recording_that_is_gone_holds_up_no_alert(tmp_path: Path) -> None:
    message = with_recording(tmp_path)
    (tmp_path / "0123.mp3").unlink()
    async with mail_server(tmp_path) as server:
        assert await delivered(smtp(server), message) == Delivered()


def test_a_repetition_has_the_same_message_id_and_a_page_is_one_thread() -> None:
    first, again = (render(ALICE, PAGE, SENDER, None) for _ in range(2))
    later = render(ALICE, page(id="msg-2"), SENDER, None)
    other = render(ALICE, page(id="msg-3", dedupe_key="page-8"), SENDER, None)
    assert first["Message-ID"] == again["Message-ID"] != later["Message-ID"]
    assert first["References"] == later["References"] != other["References"]


def test_a_callers_words_make_no_header_and_no_tag() -> None:
    words = '\r\nBcc: everybody@example.com\r\n\r\n<img src=x onerror="x()">'
    mail = read(render(ALICE, hostile(words), SENDER, None).as_bytes())
    assert mail["Bcc"] is None
    assert "Bcc: everybody" in mail["Subject"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content() and "&lt;img" in html.get_content()


@settings(deadline=None)
@given(anything)
def test_whatever_is_said_an_e_mail_can_be_written_and_read(message: Message) -> None:
    mail = read(render(ALICE, message, SENDER, None).as_bytes())
    assert mail["To"] == "alice@example.com"
    assert {header.lower() for header in mail.keys()} == {  # noqa: SIM118 - a message is no mapping
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "references",
        "auto-submitted",
        "mime-version",
        "content-type",
    }


@pytest.mark.parametrize(
    ("address", "decision"),
    [
        ("busy@example.com", RetryAfter(5.0, "the mail server answers 451 4.3.0 Try again later")),
        ("nobody@example.com", GiveUp("the mail server answers 550 5.1.1 No such user here")),
    ],
)
async def test_what_the_mail_server_answers_decides(tmp_path: Path, address: str, decision: Decision) -> None:
    async with mail_server(tmp_path) as server:
        assert await delivered(smtp(server), PAGE, Email(address)) == decision
        assert server.mails == []


async def test_a_mail_server_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    async with (
        mail_server(tmp_path, hang="yes") as server,
        Deliverer(now, smtp=smtp(server), seconds=0.3) as deliverer,
    ):
        assert await deliverer.deliver(ALICE, PAGE) == RetryAfter(5.0, "the mail server does not answer within 0.3 s")


async def test_an_e_mail_that_waited_for_the_server_is_not_sent_when_it_is_no_longer_wanted(tmp_path: Path) -> None:
    answers = [True, False]  # before it lines up for the server, and after

    async def is_wanted() -> bool:
        return answers.pop(0)

    async with mail_server(tmp_path) as server, Deliverer(now, smtp=smtp(server)) as deliverer:
        assert await deliverer.deliver(ALICE, replace(ready(PAGE), is_wanted=is_wanted)) is NO_LONGER_WANTED
        assert server.mails == []


async def test_a_mail_server_that_is_away_is_tried_again(unused_tcp_port: int, tmp_path: Path) -> None:
    decision = await delivered(smtp(MailServer(unused_tcp_port, tmp_path)), PAGE)
    assert isinstance(decision, RetryAfter)
    assert decision.why.startswith("the mail server cannot be ")


async def test_without_a_mail_server_an_e_mail_says_what_is_missing() -> None:
    async with Deliverer(now) as deliverer:
        assert await deliverer.deliver(ALICE, PAGE) == GiveUp("the configuration names no mail server; write smtp:")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
class TestPrivately:
    """The password goes through TLS or not at all."""

    @pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
    async def test_it_logs_in_over_tls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: SmtpSecurity
    ) -> None:
        cert, key = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        options = {"cert": str(cert), "key": str(key), "user": "lcr", "password": "right"}
        if security is SmtpSecurity.TLS:
            options["tls"] = "yes"
        async with mail_server(tmp_path, **options) as server:
            private = {"host": "localhost", "security": security, "user": "lcr"}
            right = smtp(server, **private, password=SecretStr("right"))
            wrong = smtp(server, **private, password=SecretStr("wrong"))
            assert await delivered(right, PAGE) == Delivered()
            decision = await delivered(wrong, PAGE)
            assert isinstance(decision, GiveUp)
            assert "535" in decision.why
            assert len(server.mails) == 1

    async def test_a_certificate_that_is_not_trusted_ends_it_before_the_password(self, tmp_path: Path) -> None:
        cert, key = certificate(tmp_path)
        async with mail_server(tmp_path, cert=str(cert), key=str(key), user="lcr", password="right") as server:
            private = {"host": "localhost", "security": SmtpSecurity.STARTTLS, "user": "lcr"}
            decision = await delivered(smtp(server, **private, password=SecretStr("right")), PAGE)
        assert decision == RetryAfter(5.0, "the mail server's certificate is not trusted")

    async def test_a_server_without_tls_gets_nothing(self, tmp_path: Path) -> None:
        async with mail_server(tmp_path) as server:
            decision = await delivered(smtp(server, security=SmtpSecurity.STARTTLS), PAGE)
            assert server.mails == []
        assert decision == GiveUp("the mail server has no STARTTLS; correct security and port of smtp")
