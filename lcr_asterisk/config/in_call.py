"""What responders can do by keys while they talk with a caller."""

from __future__ import annotations

from pydantic import Field

from lcr_asterisk.config.block import Block, Table
from lcr_asterisk.config.values import Boolean, HandOverDigit, TeamReference


class InCallSettings(Block):
    """Codes that a responder keys while they talk; all are off unless written. Other keys go to the caller."""

    bring_in: Boolean = Field(
        default=False,
        description="`*1` rings the next level of the team, and whoever takes it joins the conversation.",
        examples=[True],
    )
    hand_over: Table[HandOverDigit, TeamReference] = Field(
        default={},
        description="`*2` and one of these digits, from 1 to 9, gives the caller to a team, which is rung from its "
        "first level; the responder is let go.",
        examples=[{"1": "platform", "2": "payments"}],
    )
    end: Boolean = Field(
        default=False,
        description="`*9` ends the call: the caller hears goodbye, and the log says who ended it.",
        examples=[True],
    )

    @property
    def any(self) -> bool:
        """Whether there is a code at all."""
        return self.more_may_talk or self.end

    @property
    def more_may_talk(self) -> bool:
        """Whether a caller may come to talk with more than one responder."""
        return self.bring_in or bool(self.hand_over)
