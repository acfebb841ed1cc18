"""E-mail: text and HTML, with the recording and the transcript attached, sent through the SMTP server in `smtp`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from lcr_asterisk.notifier.decisions import SOON, Decision, GiveUp, RetryAfter
from lcr_asterisk.notifier.messages import (
    Message,
    acknowledge_link,
    facts,
    headline,
    one_line,
    steps,
    transcript,
)

LARGEST = 10 * 1024 * 1024
"""Bytes of a recording that is attached; a larger one would make many servers refuse the whole e-mail."""

_TYPES = {".mp3": "mpeg", ".wav": "wav"}


@dataclass(frozen=True, slots=True)
class Email:
    """Somebody's address, such as "alice@example.com"."""

    address: str

    @property
    def name(self) -> str:
        return f"e-mail {self.address}"


def render(target: Email, message: Message, sender: str, recording: bytes | None) -> EmailMessage:
    """The e-mail. `recording` is the content of the message's file; None where there is none or it is too large.

    Its Message-ID is made from the message's id, so that mail programs show a repetition once; all that is written
    about one page stands in one thread.
    """
    mail = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    mail["From"], mail["To"], mail["Subject"] = sender, target.address, headline(message)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = _id(f"{message.id} {target.address}", domain)
    mail["References"] = _id(message.dedupe_key, domain)
    # Nobody's holiday reply, please (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(message))
    mail.add_alternative(_html(message), subtype="html")
    if recording is not None and message.recording is not None and message.recording.file is not None:
        kind = message.recording.file.suffix
        mail.add_attachment(recording, maintype="audio", subtype=_TYPES.get(kind, "mpeg"), filename=f"message{kind}")
    if words := transcript(message):
        mail.add_attachment(f"{words}\n", filename="transcript.txt")
    return mail


def decide(code: int, words: str) -> Decision:
    """What a reply of an SMTP server means that did not take the e-mail (RFC 5321, 4.2.1)."""
    answer = f"the mail server answers {code} {one_line(words)[:200]}".rstrip()
    return RetryAfter(SOON, answer) if 400 <= code < 500 else GiveUp(answer)


def _id(of: str, domain: str) -> str:
    return f"<{hashlib.sha256(of.encode()).hexdigest()[:40]}@{domain}>"


def _text(message: Message) -> str:
    known = "\n".join(f"{label}: {value}" for label, value in facts(message))
    parts = [headline(message), known]
    if words := transcript(message):
        parts.append(f"“{words}”")
    parts += [f"{title}:\n{url}" for title, url in _links(message)]
    if happened := steps(message):
        parts.append("\n".join(happened))
    return "\n\n".join(parts) + "\n"


def _html(message: Message) -> str:
    rows = "".join(
        f"<tr><th align=left>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in facts(message)
    )
    parts = [f"<h2>{escape(headline(message))}</h2>", f"<table>{rows}</table>"]
    if words := transcript(message):
        parts.append(f"<blockquote>{escape(words)}</blockquote>")
    parts += [f'<p><a href="{escape(url)}">{title}</a></p>' for title, url in _links(message)]
    if happened := steps(message):
        parts.append(f"<p>{'<br>'.join(map(escape, happened))}</p>")
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>\n"


def _links(message: Message) -> list[tuple[str, str]]:
    recording = message.recording.link if message.recording else None
    links = [("Acknowledge", acknowledge_link(message)), ("Listen to the recording", recording)]
    return [(title, url) for title, url in links if url]
