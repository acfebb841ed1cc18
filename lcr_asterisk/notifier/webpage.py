"""The pages that links in alerts lead to: small, made for telephones, of parts that escape what they are given.

A link is a key, so it is told to nobody: no referrer, nothing from elsewhere, nothing kept in a cache.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NewType

from aiohttp import web

from lcr_asterisk.notifier.messages import one_line

Part = NewType("Part", str)
"""HTML that one of the functions here has made."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
:root {{ --ground: #f2f4f7; --card: #fff; --ink: #1b2430; --soft: #5b6676; --line: #d9dee6; --strong: #0b5cad }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ground: #12161c; --card: #1c222b; --ink: #e8ecf2; --soft: #9aa5b5; --line: #323b48; --strong: #3d8fe0 }}
}}
* {{ box-sizing: border-box }}
body {{ margin: 0; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere }}
main {{ max-width: 32rem; margin: 5vh auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem }}
h1 {{ margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25 }}
p {{ margin: .75rem 0 }}
dl {{ margin: 1rem 0; display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }}
dt {{ color: var(--soft) }}
dd {{ margin: 0 }}
audio {{ display: block; width: 100%; margin: 1.25rem 0 }}
h2 {{ margin: 1.25rem 0 .25rem; font-size: 1rem; color: var(--soft); font-weight: 600 }}
blockquote {{ margin: 0; padding-left: .9rem; border-left: 3px solid var(--line) }}
button {{ width: 100%; margin-top: .75rem; padding: .9rem; font: inherit; font-weight: 600; color: #fff;
  background: var(--strong); border: 0; border-radius: .6rem; cursor: pointer }}
button:focus-visible {{ outline: 3px solid var(--ink); outline-offset: 2px }}
</style></head>
<body><main><h1>{title}</h1>{parts}</main></body></html>
"""


def answer(status: int, title: str, *parts: Part) -> web.Response:
    """The whole page."""
    text = _PAGE.format(title=_escaped(title), parts="".join(parts))
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def paragraph(text: str) -> Part:
    return Part(f"<p>{_escaped(text)}</p>")


def facts(known: Sequence[tuple[str, str]]) -> Part:
    """Labels and values."""
    rows = "".join(f"<dt>{_escaped(label)}</dt><dd>{_escaped(value)}</dd>" for label, value in known)
    return Part(f"<dl>{rows}</dl>")


def quotation(heading: str, text: str) -> Part:
    return Part(f"<h2>{_escaped(heading)}</h2><blockquote>{_escaped(text)}</blockquote>")


def button(label: str) -> Part:
    """Posts to the page's own address."""
    return Part(f'<form method="post"><button autofocus>{_escaped(label)}</button></form>')


def player(address: str) -> Part:
    """Plays what is at this address, relative to the page's own."""
    return Part(f'<audio controls preload="metadata" src="{_escaped(address)}"></audio>')


def _escaped(text: str) -> str:
    return html.escape(one_line(text))
