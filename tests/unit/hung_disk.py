"""A disk that answers only while the event loop goes on: whoever waits for it in the loop itself waits in vain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LONGEST = 30.0  # seconds; only where it is waited for in the loop


class HungDisk:
    """Belongs to the loop in which it is made. `went_on` says of each time that it was asked whether that loop did."""

    def __init__(self) -> None:
        self.went_on: list[bool] = []
        self._loop = asyncio.get_running_loop()

    def before(self, ask: Callable[P, T]) -> Callable[P, T]:
        """`ask`, once the loop has gone on."""

        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            turned = threading.Event()
            self._loop.call_soon_threadsafe(turned.set)
            self.went_on.append(turned.wait(LONGEST))
            return ask(*args, **kwargs)

        return asked

    @property
    def held_nothing_up(self) -> bool:
        """Whether it was asked, and the loop went on each time."""
        return bool(self.went_on) and all(self.went_on)
