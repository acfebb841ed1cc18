"""Handing e-mails to the SMTP server of the configuration."""

from __future__ import annotations

import asyncio
import os
import ssl
from email.message import EmailMessage

import aiosmtplib

from lcr_asterisk.config.notifier import SmtpSecurity, SmtpSettings
from lcr_asterisk.notifier.decisions import NO_LONGER_WANTED, SOON, Decision, Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.messages import IsWanted
from lcr_asterisk.notifier.targets import email

SECONDS = 30.0
_AT_ONCE = 4  # connections; all e-mails go to the same server


class Mailer:
    """One SMTP server. It was written by the admin, and is often on this machine: no address of it is refused."""

    def __init__(self, smtp: SmtpSettings, seconds: float = SECONDS) -> None:
        self._smtp = smtp
        self._seconds = seconds
        self._turn = asyncio.Semaphore(_AT_ONCE)

    @property
    def sender(self) -> str:
        return self._smtp.from_

    async def send(self, mail: EmailMessage, is_wanted: IsWanted) -> Decision:
        """Takes no longer than the time limit. Raises nothing but what `is_wanted` does, which is asked at last."""
        client = aiosmtplib.SMTP(
            hostname=self._smtp.host,
            port=self._smtp.port,
            local_hostname=self.sender.rpartition("@")[2],  # to look up our own name could take long
            use_tls=self._smtp.security is SmtpSecurity.TLS,
            start_tls=False,  # but below, where a server without it can be told from others
            timeout=self._seconds,
        )
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                await client.connect()
                if self._smtp.security is SmtpSecurity.STARTTLS:
                    await client.ehlo()
                    if not client.supports_extension("starttls"):
                        return GiveUp("the mail server has no STARTTLS; correct security and port of smtp")
                    await client.starttls()
                if self._smtp.user is not None and self._smtp.password is not None:
                    await client.login(self._smtp.user, self._smtp.password.get_secret_value())
                if not await is_wanted():
                    return NO_LONGER_WANTED
                await client.send_message(mail)
        except TimeoutError:
            return RetryAfter(SOON, f"the mail server does not answer within {self._seconds:g} s")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _failed(error)
        finally:
            client.close()  # without QUIT: once the e-mail is accepted, nothing may make it look as if it were not
        return Delivered()


def _failed(error: Exception) -> Decision:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return email.decide(first.code, first.message)
        case aiosmtplib.SMTPResponseException():
            return email.decide(error.code, error.message)
        case aiosmtplib.SMTPNotSupported():
            return GiveUp("the mail server wants no user and password, or not in a way known here")
        case ssl.SSLCertVerificationError():
            return RetryAfter(SOON, "the mail server's certificate is not trusted")
        case OSError(errno=int() as number) if number > 0:
            return RetryAfter(SOON, f"the mail server cannot be reached: {os.strerror(number)}")
        case _:
            return RetryAfter(SOON, f"the mail server cannot be used ({type(error).__name__})")
