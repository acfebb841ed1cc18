"""Where alerts go: a file for each kind of target, with its pure `render` and its pure `decide`."""

from __future__ import annotations

import hashlib

from pydantic import SecretStr

from lcr_asterisk.config.settings import AlertSettings
from lcr_asterisk.config.values import VOICE, mail_recipient
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook

Target = SlackWebhook | SlackChannel | TeamsWebhook | Webhook | Email | Apprise | Voice


def of_alert(alert: AlertSettings) -> Target:
    """Where this entry of a team's `alerts`, or of `operators`, leads."""
    if alert.slack is not None:
        if alert.channel is None:
            return SlackWebhook(alert.slack)
        return SlackChannel(alert.slack, alert.channel)
    if alert.teams is not None:
        return TeamsWebhook(alert.teams)
    if alert.webhook is not None:
        return Webhook(alert.webhook, alert.secret)
    if alert.email is not None:
        return Email(alert.email)
    assert alert.apprise is not None, "an alert has one place"
    return of_address(alert.apprise)


def of_way(way: SecretStr, person: str) -> Email | Apprise | Voice:
    """Where this entry of this person's `notify` leads."""
    return Voice(person) if way.get_secret_value() == VOICE else of_address(way)


def of_address(address: SecretStr) -> Email | Apprise:
    """`mailto://alice@example.com` is an e-mail through our own server; whatever says more is Apprise's."""
    recipient = mail_recipient(address.get_secret_value())
    return Apprise(address) if recipient is None else Email(recipient)


def identity(target: Target) -> str:
    """The same for the same target in every process, and tells nothing about it: for rows, and for limits."""
    match target:
        case SlackChannel(token, channel):
            parts = ["slack", token.get_secret_value(), channel]
        case Email(address):
            parts = ["email", address]
        case Voice(person):
            return f"{VOICE}:{person}"  # no secret
        case SlackWebhook(url) | TeamsWebhook(url) | Webhook(url) | Apprise(url):
            parts = [type(target).__name__, url.get_secret_value()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
