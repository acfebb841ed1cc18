"""From settings and rendered prompts to what one call needs: its plan, and who is to be rung.

A PlanBook is one configuration in force. Each call keeps the book it began with, so editing the YAML never changes a
call that is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lcr_asterisk.audio.defaults import Catalogue, MessageKey
from lcr_asterisk.audio.prompts import PromptLibrary, Say, SoundFile
from lcr_asterisk.audio.whisper import Spelling, prepare_spelling, spell_number
from lcr_asterisk.callflow.events import Caller, Phone, Responder, RespondersFound, Skipped, SkipReason
from lcr_asterisk.callflow.plan import (
    CallerMessages,
    Level,
    Menu,
    Prompt,
    Refusal,
    ResponderMessages,
    RoutePlan,
    RouteType,
    Team,
    Then,
    VoicemailLimits,
    combine,
)
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.settings import (
    NOTHING,
    MenuSettings,
    MessageSettings,
    RouteSettings,
    Settings,
    ShownNumber,
)

DEFAULT_MUSIC = "lcr"  # the hold music class of our own piece
# Asterisk plays this class for one that it does not know: a route's, edited since it started. Without it, silence.
FALLBACK_MUSIC = "default"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WhisperParts:
    """What a responder hears before and after the caller's number."""

    before: Prompt
    after: Prompt


class PlanBook:
    """One configuration with all its prompts rendered. Made by `prepare_book`."""

    def __init__(
        self,
        settings: Settings,
        plans: Mapping[str, RoutePlan],
        unknown: RoutePlan,
        whispers: Mapping[tuple[str, str], WhisperParts],
        spelling: Spelling,
        music: Mapping[str, Path],
    ) -> None:
        self.settings = settings
        self.music = music
        self._plans = plans
        self._unknown = unknown
        self._whispers = whispers
        self._spelling = spelling

    def plan_for(self, dialled: str, caller: Caller) -> RoutePlan:
        """What happens to a call from `caller` to this number."""
        route = self.settings.route_for(dialled)
        if route is None:
            return replace(self._unknown, number=dialled)
        plan = self._plans[route.id]
        spoken = spell_number(caller.number, self._spelling)
        teams = tuple(replace(team, whisper=self._whisper(plan.id, team.id, spoken)) for team in plan.teams)
        return replace(plan, teams=teams, shown_caller_id=self._shown_caller_id(plan, caller))

    def find_responders(self, team: str, level: int, busy: frozenset[str]) -> RespondersFound:
        """Who is rung when this level starts; `busy` are on another call and are left alone."""
        responders: list[Responder] = []
        skipped: list[Skipped] = []
        for person_id in self.settings.teams[team].escalation[level].ring:
            person = self.settings.people[person_id]
            if not person.phones:
                skipped.append(Skipped(person_id, person.name, SkipReason.NO_PHONE))
            elif person_id in busy:
                skipped.append(Skipped(person_id, person.name, SkipReason.BUSY))
            else:
                phones = tuple(self._phone(phone) for phone in person.phones)
                responders.append(Responder(person_id, person.name, phones))
        return RespondersFound(level, tuple(responders), tuple(skipped))

    def _phone(self, phone: Number | Softphone) -> Phone:
        # Both kinds were validated when the file was read: nothing a caller sends ever reaches a dial string.
        endpoint = self.settings.trunk.endpoint
        dial = f"PJSIP/{phone.e164}@{endpoint}" if isinstance(phone, Number) else f"PJSIP/{phone.name}"
        return Phone(dial, str(phone))

    def _whisper(self, route: str, team: str, spoken: tuple[Prompt, ...]) -> Prompt:
        parts = self._whispers[route, team]
        return combine("whisper", (parts.before, *spoken, parts.after))

    def _shown_caller_id(self, plan: RoutePlan, caller: Caller) -> tuple[str, str]:
        number = caller.number.removeprefix("+")
        if self.settings.trunk.caller_id is ShownNumber.CALLER and number.isascii() and number.isdigit():
            return plan.shown_caller_id[0], caller.number
        return plan.shown_caller_id


async def prepare_book(
    settings: Settings, library: PromptLibrary, catalogue: Catalogue, progress: Progress
) -> PlanBook:
    """Render every prompt that this configuration can ever play. Raises AudioError, naming what cannot be made."""
    maker = _BookMaker(settings, library, catalogue, progress)
    return await maker.book()


class _BookMaker:
    def __init__(self, settings: Settings, library: PromptLibrary, catalogue: Catalogue, progress: Progress) -> None:
        self._settings = settings
        self._library = library
        self._catalogue = catalogue
        self._progress = progress
        self._language = settings.defaults.language

    async def book(self) -> PlanBook:
        own_piece = await self._library.hold_music()
        music = {DEFAULT_MUSIC: own_piece, FALLBACK_MUSIC: own_piece}
        plans: dict[str, RoutePlan] = {}
        whispers: dict[tuple[str, str], WhisperParts] = {}
        for route_id, route in self._settings.routes.items():
            hold = route.messages.hold
            if hold is not None:
                music[_music_class(route)] = await self._music(hold)
            plan = await self._plan(route)
            plans[route_id] = plan
            for team in plan.teams:
                whispers[route_id, team.id] = await self._whisper_parts(route, team)
        spelling = await prepare_spelling(self._library, self._catalogue, self._language, self._progress)
        return PlanBook(self._settings, plans, await self._unknown(), whispers, spelling, music)

    async def _music(self, hold: MessageSettings) -> Path:
        """A directory with the route's own hold music, or with a text that is said over and over."""
        if hold.file is not None:
            return await self._library.hold_music(hold.file)
        spoken = await self._library.say("hold", hold.say or "", self._language)
        return await self._library.hold_music(prompt_file(spoken))

    async def _plan(self, route: RouteSettings) -> RoutePlan:
        messages = await self._caller_messages(route)
        named = [route.team] if route.menu is None else [*route.menu.options.values(), route.menu.fallback, route.team]
        teams = dict.fromkeys(team for team in named if team in self._settings.teams)
        return RoutePlan(
            id=route.id,
            name=route.name,
            number=route.numbers[0],
            type=route.type,
            refusal=None if route.active else Refusal.INACTIVE,
            menu=await self._menu(route.menu) if route.menu is not None else None,
            team=route.team,
            teams=tuple(self._team(team) for team in teams if team is not None),
            messages=messages,
            responder_messages=await self._responder_messages(),
            no_answer=route.no_answer,
            no_one_on_call=route.no_one_on_call,
            hold=_music_class(route),
            confirm=self._settings.defaults.confirm,
            max_wait=self._settings.defaults.max_wait,
            voicemail=VoicemailLimits(route.voicemail.max, route.voicemail.silence, route.voicemail.min),
            record=route.recording.enabled,
            shown_caller_id=(_displayable(route.name), route.numbers[0]),
        )

    def _team(self, team_id: str) -> Team:
        team = self._settings.teams[team_id]
        levels = tuple(Level(level.seconds) for level in team.escalation)
        return Team(team_id, team.name, levels, team.repeat, Prompt("whisper", (), 0.0))

    async def _unknown(self) -> RoutePlan:
        """For a number that no route has: a short message and a log row."""
        route = next(iter(self._settings.routes.values()))
        messages = await self._caller_messages(route)
        return RoutePlan(
            id="",
            name="Unknown number",
            number="",
            type=RouteType.DIRECT,
            refusal=Refusal.UNKNOWN_NUMBER,
            menu=None,
            team=None,
            teams=(),
            messages=replace(messages, welcome=None),
            responder_messages=await self._responder_messages(),
            no_answer=Then.HANG_UP,
            no_one_on_call=Then.HANG_UP,
            hold=DEFAULT_MUSIC,
            confirm=self._settings.defaults.confirm,
            max_wait=self._settings.defaults.max_wait,
            voicemail=VoicemailLimits(route.voicemail.max, route.voicemail.silence, route.voicemail.min),
            record=False,
            shown_caller_id=("", ""),
        )

    async def _caller_messages(self, route: RouteSettings) -> CallerMessages:
        own = route.messages
        wanted = {
            MessageKey.WELCOME: None if own.welcome is NOTHING else own.welcome,
            MessageKey.WRONG_CHOICE: own.wrong_choice,
            MessageKey.LEVEL: own.level,
            MessageKey.NO_ANSWER: own.no_answer,
            MessageKey.NO_ONE_ON_CALL: own.no_one_on_call,
            MessageKey.INACTIVE: own.inactive,
            MessageKey.UNKNOWN_NUMBER: None,
            MessageKey.VOICEMAIL: own.voicemail,
            MessageKey.MESSAGE_KEPT: own.message_kept,
            MessageKey.MESSAGE_LOST: own.message_lost,
            MessageKey.GOODBYE: own.goodbye,
        }
        requests = [
            self._request(key.value, message) or self._catalogue.say(key, self._language, route=route.name)
            for key, message in wanted.items()
        ]
        prompts = dict(zip(wanted, await self._library.prepare(requests, self._progress), strict=True))
        notice = self._request("notice", route.recording.notice)
        return CallerMessages(
            welcome=None if own.welcome is NOTHING else prompts[MessageKey.WELCOME],
            wrong_choice=prompts[MessageKey.WRONG_CHOICE],
            level=prompts[MessageKey.LEVEL],
            no_answer=prompts[MessageKey.NO_ANSWER],
            no_one_on_call=prompts[MessageKey.NO_ONE_ON_CALL],
            inactive=prompts[MessageKey.INACTIVE],
            unknown_number=prompts[MessageKey.UNKNOWN_NUMBER],
            voicemail=prompts[MessageKey.VOICEMAIL],
            beep=await self._library.beep(),
            message_kept=prompts[MessageKey.MESSAGE_KEPT],
            message_lost=prompts[MessageKey.MESSAGE_LOST],
            goodbye=prompts[MessageKey.GOODBYE],
            notice=(await self._library.prepare([notice], self._progress))[0] if notice is not None else None,
        )

    async def _responder_messages(self) -> ResponderMessages:
        keys = (MessageKey.TAKEN, MessageKey.CALLER_GONE, MessageKey.CALLER_TO_VOICEMAIL)
        wanted = [self._catalogue.say(key, self._language) for key in keys]
        taken, gone, to_voicemail = await self._library.prepare(wanted, self._progress)
        return ResponderMessages(taken, gone, to_voicemail)

    async def _menu(self, menu: MenuSettings) -> Menu:
        written = self._request("menu", menu.prompt)
        if written is not None:
            (prompt,) = await self._library.prepare([written], self._progress)
        else:
            options = [
                self._catalogue.say(
                    MessageKey.MENU_OPTION, self._language, team=self._settings.teams[team].name, digit=digit
                )
                for digit, team in menu.options.items()
            ]
            prompt = combine("menu", await self._library.prepare(options, self._progress))
        return Menu(prompt, tuple(menu.options.items()), menu.tries, menu.timeout, menu.fallback)

    async def _whisper_parts(self, route: RouteSettings, team: Team) -> WhisperParts:
        wanted = [
            self._catalogue.say(MessageKey.WHISPER_CALL, self._language, route=route.name, team=team.name),
            self._catalogue.say(MessageKey.WHISPER_FROM, self._language),
            self._catalogue.say(MessageKey.WHISPER_CHOICE, self._language),
        ]
        call, caller, choice = await self._library.prepare(wanted, self._progress)
        pause = await self._library.pause()
        # The pause at the end parts one repetition from the next.
        return WhisperParts(
            combine("whisper", (call, pause, caller)), combine("whisper", (pause, choice, pause, pause))
        )

    def _request(self, name: str, message: MessageSettings | None) -> Say | SoundFile | None:
        if message is None:
            return None
        if message.file is not None:
            return SoundFile(name, message.file)
        return Say(name, message.say or "", self._language)


def _music_class(route: RouteSettings) -> str:
    return DEFAULT_MUSIC if route.messages.hold is None else f"{DEFAULT_MUSIC}-{route.id}"


def prompt_file(prompt: Prompt) -> Path:
    """The sound file of a prompt that is one file."""
    (media,) = prompt.media
    return Path(media.removeprefix("sound:") + ".wav")


def _displayable(name: str) -> str:
    """A name as a phone may show it: without what would end the quoted part of a SIP header."""
    return "".join(character for character in name if character.isprintable() and character not in '"\\<>')
