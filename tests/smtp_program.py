"""A real SMTP server (aiosmtpd) for one test; prints its port when it listens, and keeps each e-mail in a file.

`busy@…` is refused for now, `nobody@…` for ever. With --hang it answers nothing at all.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._count = 0

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if address.startswith("busy@"):
            return "451 4.3.0 Try again later"
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self._count += 1
        recipient = f"X-Envelope-To: {','.join(envelope.rcpt_tos)}\r\n".encode()
        (self._directory / f"{self._count:03}.eml").write_bytes(recipient + envelope.content)
        return "250 OK"


def authenticator(user: str, password: str) -> Any:
    def check(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=good, handled=good)

    return check


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--tls")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--hang")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    starttls = None if options.tls else context
    handler = Handler(options.directory)

    def session() -> asyncio.Protocol:
        if options.hang:
            return asyncio.Protocol()
        wants = {"auth_required": True, "authenticator": authenticator(options.user, options.password)}
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=starttls is not None,
            **(wants if options.user else {}),
        )

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=context if options.tls else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
