"""Begins call backs: whose number it may be, who is to call, and the first event of the new call."""

from __future__ import annotations

from collections.abc import Callable

import phonenumbers

from lcr_asterisk.callflow.events import CallbackAsked, Caller
from lcr_asterisk.callflow.plan import Refusal
from lcr_asterisk.calls import ids
from lcr_asterisk.calls.admission import caller_number, refusal
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.registry import CallRegistry
from lcr_asterisk.calls.switchboard import NewDriver
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.config.settings import RouteSettings, Settings
from lcr_asterisk.errors import AriDisconnected, CallbackRefused, NoSuchCall, UsageError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.rows import CallRow


class Callbacks:
    """`book` answers with the configuration in force, `ready` whether Asterisk can be asked for anything now."""

    def __init__(
        self,
        calls: CallLog,
        registry: CallRegistry,
        clock: Clock,
        book: Callable[[], PlanBook],
        new_driver: NewDriver,
        ready: Callable[[], bool],
    ) -> None:
        self._calls = calls
        self._registry = registry
        self._clock = clock
        self._book = book
        self._new_driver = new_driver
        self._ready = ready

    async def begin(self, of: str, person: str) -> str:
        """Let this person call the caller of this call back; the new call's id. Their phone rings from now on.

        The id of a logged call is the only way to say whom to call. Raises NoSuchCall, CallbackRefused, UsageError
        (nobody of that name), AriDisconnected and StoreError.
        """
        row = await self._calls.find(of)
        if row is None:
            raise NoSuchCall(f"There is no call {of!r} in the log.")
        if not self._ready():
            raise AriDisconnected("The engine is not connected to Asterisk.")
        if row.ended is None:
            raise CallbackRefused("That call is not over yet.")
        book = self._book()
        route, number = whom_to_call(row, book.settings)
        self._check_free(number, person, book.settings)
        call_id = ids.new_call_id(self._clock.now())
        plan = book.callback_plan(route.id, hotline_number(row.dialled, route, book.settings), row.team)
        responder, callback = book.callback(of, route.id, number, person)
        driver = self._new_driver(call_id, book)
        channel, caller = ids.caller(call_id), Caller(number, row.caller_name)
        driver.post(CallbackAsked(call_id, channel, caller, plan.number, plan, responder, callback))
        self._registry.add(driver, channel)
        return call_id

    def _check_free(self, number: str, person: str, settings: Settings) -> None:
        who = settings.people.get(person)
        if who is None:
            raise UsageError(f"There is no person {person}; {suggest(person, settings.people)}")
        if not who.phones:
            raise CallbackRefused(f"{who.name} has no phone to be rung.")
        callbacks = [driver.call for driver in self._registry if driver.call.callback is not None]
        if any(call.caller.number == number for call in callbacks):
            raise CallbackRefused(f"{number} is being called back already.")
        rung = {leg.person for call in callbacks for leg in call.legs if leg.live}
        if person in rung | self._registry.persons_on_a_call(but=""):
            raise CallbackRefused(f"{who.name} is on another call.")


def whom_to_call(row: CallRow, settings: Settings) -> tuple[RouteSettings, str]:
    """The route as which the caller of this call can be called back, and their number in E.164.

    Raises CallbackRefused where they cannot be.
    """
    route = _route_of(row, settings)
    return route, _number_of(row, route, settings)


def _route_of(row: CallRow, settings: Settings) -> RouteSettings:
    route = settings.routes.get(row.route)
    if route is None:
        raise CallbackRefused("The route of that call is not in the configuration (any more).")
    if not route.numbers:
        raise CallbackRefused(f"{route.name} has no number to call from.")
    return route


def _number_of(row: CallRow, route: RouteSettings, settings: Settings) -> str:
    """The caller's number in E.164: never anything that the network does not know as a number."""
    if not any(character.isdigit() for character in row.caller):  # trunks write "anonymous", or nothing
        raise CallbackRefused("The caller of that call hid their number.")
    number = caller_number(row.caller, route.region or settings.defaults.region)
    if number is None or not phonenumbers.is_valid_number(phonenumbers.parse(number)):
        raise CallbackRefused(f"{row.caller!r} is not a number that can be called.")
    if refusal(route.callers, number) is Refusal.BLOCKED:
        raise CallbackRefused(f"{number} is blocked on {route.name}.")
    if settings.route_for(number) is not None:
        raise CallbackRefused(f"{number} is a number of this hotline itself.")
    return number


def hotline_number(number: str, route: RouteSettings, settings: Settings) -> str:
    """The number that the caller dialled, where the route still has it."""
    dialled = caller_number(number, route.region or settings.defaults.region)
    return dialled if dialled in route.numbers else route.numbers[0]
