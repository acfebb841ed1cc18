"""What a responder hears who is called about a page, in one language: rendered ahead, put together for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lcr_asterisk.audio.defaults import Catalogue, MessageKey
from lcr_asterisk.audio.prompts import PromptMaker
from lcr_asterisk.callflow.plan import Prompt, combine

LONG_MESSAGE = 45.0
"""Seconds; who hears a longer one knows before it what they can do, also in the midst of it."""


@dataclass(frozen=True, slots=True)
class PageWords:
    """`teams` says for which team the page is, by its id; `caller` is what comes before who called."""

    teams: Mapping[str, Prompt]
    caller: Prompt
    message: Prompt
    missed: Prompt
    choice: Prompt
    choice_hidden: Prompt
    acknowledged: Prompt
    passed: Prompt
    settled: Prompt
    not_noted: Prompt
    pause: Prompt

    def tell(self, team: str, who: Iterable[Prompt], message: Prompt | None, *, calls_back: bool) -> tuple[Prompt, ...]:
        """The parts of what is told, of which the last one, the choice, is said over and over.

        `message` is the caller's own; None where there is none, or nobody can find it. A team that was edited away is
        not named.
        """
        # The pauses at the end part one repetition from the next.
        words = self.choice if calls_back else self.choice_hidden
        choice = combine("page_choice", (self.pause, words, self.pause, self.pause))
        for_team = (self.teams[team], self.pause) if team in self.teams else ()
        about = self.missed if message is None else self.message
        intro = combine("page", (*for_team, self.caller, *who, self.pause, about))
        if message is None:
            return intro, choice
        if message.seconds > LONG_MESSAGE:
            return combine("page", (intro, choice)), message, choice
        return intro, message, choice


async def prepare_page_words(
    library: PromptMaker,
    catalogue: Catalogue,
    language: str,
    teams: Mapping[str, str],
    progress: Callable[[str], None],
) -> PageWords:
    """Make them; `teams` are the names of all teams by their ids. Raises AudioError."""
    keys = (
        MessageKey.PAGE_FROM,
        MessageKey.PAGE_MESSAGE,
        MessageKey.PAGE_MISSED,
        MessageKey.PAGE_CHOICE,
        MessageKey.PAGE_CHOICE_HIDDEN,
        MessageKey.PAGE_ACKNOWLEDGED,
        MessageKey.PAGE_PASSED,
        MessageKey.PAGE_SETTLED,
        MessageKey.PAGE_NOT_NOTED,
    )
    wanted = [catalogue.say(key, language) for key in keys]
    wanted += [catalogue.say(MessageKey.PAGE_FOR, language, team=name) for name in teams.values()]
    prompts = await library.prepare(wanted, progress)
    caller, message, missed, choice, hidden, acknowledged, passed, settled, not_noted, *names = prompts
    return PageWords(
        teams=dict(zip(teams, names, strict=True)),
        caller=caller,
        message=message,
        missed=missed,
        choice=choice,
        choice_hidden=hidden,
        acknowledged=acknowledged,
        passed=passed,
        settled=settled,
        not_noted=not_noted,
        pause=await library.pause(),
    )
