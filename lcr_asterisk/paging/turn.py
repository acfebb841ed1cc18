"""One step of a page in the making, and what every room of it does to deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging.policy import OPERATORS, Place
from lcr_asterisk.paging.states import Delivery, Kind, Page, Progress


class Turn:
    """One step of a page in the making."""

    def __init__(self, page: Page, now: datetime) -> None:
        self.page = page
        self.now = now
        self.commands: list[do.Command] = []

    def change(self, delivery: Delivery) -> None:
        changed = tuple(delivery if one.id == delivery.id else one for one in self.page.deliveries)
        self.page = replace(self.page, deliveries=changed)

    def remove(self, delivery: Delivery) -> None:
        kept = tuple(one for one in self.page.deliveries if one.id != delivery.id)
        self.page = replace(self.page, deliveries=kept)

    def number(self) -> int:
        self.page = replace(self.page, serial=self.page.serial + 1)
        return self.page.serial

    def tell_places(self, kind: Kind) -> None:
        message = f"{self.page.id}-{self.number()}"
        for place in self.page.policy.alerts:
            self._tell_place(place, kind, message)

    def _tell_place(self, place: Place, kind: Kind, message: str) -> None:
        before = [one for one in self.page.deliveries if one.person is None and one.place == place.id]
        if kind is Kind.JOINED and any(one.not_sent and one.kind is kind for one in before):
            return  # that one will tell of this call too
        delivery = Delivery(
            id=f"{message}-{self.number()}",
            message=message,
            kind=kind,
            place=place.id,
            shown=place.shown,
            progress=Progress.HELD if before else Progress.WAITING,
            until=None if before else self.now,
            since=self.now,
            behind=before[-1].id if before else None,
        )
        self.page = replace(self.page, deliveries=(*self.page.deliveries, delivery))

    def redirect(self, delivery: Delivery, places: tuple[Place, ...]) -> None:
        """These are told it instead, but none of them twice."""
        self.remove(delivery)
        same = {one.place for one in self.page.deliveries if one.message == delivery.message}
        for place in places:
            if place.id not in same:
                self._tell_place(place, delivery.kind, delivery.message)
        if delivery.place == OPERATORS.id and not places:
            # They are not needed: they are asked for again when nobody has acknowledged once more.
            policy = self.page.policy
            alerts = tuple(place for place in policy.alerts if place != OPERATORS)
            self.page = replace(self.page, policy=replace(policy, alerts=alerts))
        self.release(delivery)

    def together_with(self, delivery: Delivery) -> list[Delivery]:
        return [one for one in self.page.deliveries if one.round == delivery.round]

    def use(self, delivery: Delivery) -> None:
        self.change(replace(delivery, progress=Progress.WAITING, until=self.now, since=self.now, deferred=False))

    def release(self, delivery: Delivery, *, timed: bool = True) -> None:
        """What is held behind it has its turn; not with `timed=False` what has a time of its own."""
        for one in self.page.deliveries:
            if one.behind == delivery.id and one.progress is Progress.HELD and (timed or one.after is None):
                self.use(one)

    def drop(self, delivery: Delivery) -> None:
        """A person is not told by this way any more."""
        if delivery.call and delivery.live and delivery.attempts:
            # Also one that is to be tried again: that it could not be placed is known only of the answer.
            self.change(replace(delivery, progress=Progress.STOPPING, until=self.now, attempts=0))
        elif delivery.progress is not Progress.STOPPING:
            self.change(replace(delivery, progress=Progress.OVER, until=None))
