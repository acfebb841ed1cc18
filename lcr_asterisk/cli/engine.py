"""Asks the running engine for something, over its API on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from lcr_asterisk.cli.base import data_directory
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import CallbackRefused, EngineAway, NoSuchCall
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.web.api import API_TOKEN, PREFIX

TIMEOUT = aiohttp.ClientTimeout(total=10)
REFUSALS = {404: NoSuchCall, 409: CallbackRefused}


async def ask_engine(settings: Settings, path: str, body: Mapping[str, str]) -> dict[str, Any]:
    """POST this to `path` of the API, such as "/calls/ID/callback"; the engine's answer.

    Raises EngineAway, and NoSuchCall or CallbackRefused with the engine's own words.
    """
    address = settings.web.listen.from_here
    headers = {"Authorization": f"Bearer {secret(data_directory(), API_TOKEN)}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as http,
            http.post(f"http://{address}{PREFIX}{path}", json=body, headers=headers) as reply,
        ):
            status, answer = reply.status, _object(await reply.read())
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise EngineAway(
            f"The engine does not answer at {address} ({error or type(error).__name__}).",
            remedy="Is `lcr run` running, with this configuration?",
        ) from error
    if status == 401:
        raise EngineAway(
            f"The engine at {address} does not know our token.",
            remedy="Run this as the engine's user, with the same LCR_DATA.",
        )
    if status >= 300:
        said = answer.get("error") or f"What answers at {address} is not our engine ({status})."
        raise REFUSALS.get(status, EngineAway)(str(said))
    return answer


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
