"""Run another program for a bounded time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from lcr_asterisk.errors import AudioError


async def run(
    arguments: Sequence[str], *, stdin: bytes, within: float, remedy: str | None = None, niceness: int = 0
) -> bytes:
    """Run a program to its end, never through a shell; what it wrote to its standard output.

    `within` is in seconds; `niceness` above 0 lets everything else go first. Whatever happens, cancellation included,
    the program and its children are gone on return.

    Raises AudioError: not installed (with `remedy`), too slow, or failed (with the last line it printed).
    """
    program = arguments[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # its own process group, so that a wrapper script's children end with it
        )
    except FileNotFoundError as error:
        raise AudioError(f"{program} is not installed.", remedy=remedy) from error
    except OSError as error:
        raise AudioError(f"{program} cannot be started: {error.strerror}.", remedy=remedy) from error
    try:
        if niceness:
            with contextlib.suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, niceness)
        async with asyncio.timeout(within):
            output, complaint = await process.communicate(stdin)
    except TimeoutError as error:
        raise AudioError(f"{program} did not finish within {within:g} s.") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else "it printed nothing"
        raise AudioError(f"{program} failed with exit code {process.returncode}: {said}")
    return output
