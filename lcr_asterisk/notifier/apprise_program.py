"""The program that runs Apprise, in a process of its own: `python -m lcr_asterisk.notifier.apprise_program NETWORK…`

Apprise is synchronous, follows what its services do, and cannot be stopped. Here it can: whoever started this kills it.
It takes seconds to start, and then writes `{"ready": true}`. Each line of the input is a job as JSON: `{"job": 1,
"url": …, "title": …, "body": …, "type": …}`; each further line of the output an answer to one: `{"job": 1, "answer":
"taken"}`. Jobs run side by side. The end of the input ends it. Only
addresses that are public, or in one of the networks named as arguments, are connected to.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from ipaddress import ip_network
from typing import IO, Any

import apprise

from lcr_asterisk.notifier import addresses
from lcr_asterisk.notifier.addresses import Network, Refused

# What a program says when it opens a connection or sends without one (docs.python.org, "Audit events table").
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_here = threading.local()


def main() -> None:
    allowed = [ip_network(argument) for argument in sys.argv[1:]]
    _guard(allowed)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a plugin prints is no answer
    asset = apprise.AppriseAsset(
        app_id="lcr-asterisk",
        app_desc="Live call routing",
        http_redirects=False,
        service_timeout=0,  # each in the thread of its job, and not in a pool of few that those which hang would fill
    )
    apprise.Apprise.instantiate("json://localhost", asset=asset)  # which reads all plugins
    answers.write('{"ready": true}\n')
    answers.flush()
    writing = threading.Lock()
    for line in sys.stdin:
        job = json.loads(line)
        threading.Thread(target=_run, args=(job, asset, answers, writing), daemon=True).start()
    os._exit(0)  # not waiting for threads that hang


def _run(job: dict[str, Any], asset: apprise.AppriseAsset, answers: IO[str], writing: threading.Lock) -> None:
    answer = json.dumps({"job": job["job"], "answer": _notify(job, asset)})
    with writing:
        answers.write(answer + "\n")
        answers.flush()


def _notify(job: dict[str, Any], asset: apprise.AppriseAsset) -> str:
    _here.refused = None
    try:
        service = apprise.Apprise(asset=asset)
        if not service.add(job["url"]):
            return "unknown"
        taken = bool(
            service.notify(
                job["body"], title=job["title"], notify_type=job["type"], body_format=apprise.NotifyFormat.TEXT
            )
        )
    except Exception:  # whatever a plugin raises: its message may hold the URL
        taken = False
    if _here.refused is not None:
        return f"private {_here.refused}"
    return "taken" if taken else "refused"


def _guard(allowed: list[Network]) -> None:
    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CONNECTING and isinstance(address := arguments[1], tuple):
            try:
                addresses.check(str(address[0]), allowed)
            except Refused:
                _here.refused = address[0]
                raise

    sys.addaudithook(look)


if __name__ == "__main__":
    main()
