"""From settings and rendered prompts to what one call needs: its plan, and who is to be rung.

A PlanBook is one configuration in force. Each call keeps the book it began with, so editing the YAML never changes a
call that is under way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lcr_asterisk.audio.defaults import Catalogue, MessageKey
from lcr_asterisk.audio.prompts import PromptMaker, Say, SoundFile
from lcr_asterisk.audio.whisper import Spelling, prepare_spelling, spell_number
from lcr_asterisk.callflow.events import Callback, Caller, Phone, Responder, RespondersFound, Skipped, SkipReason
from lcr_asterisk.callflow.plan import (
    CallerMessages,
    HandOver,
    InCallKeys,
    Level,
    Menu,
    PinCheck,
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
from lcr_asterisk.calls.admission import caller_number, needs_pin, refusal
from lcr_asterisk.calls.pagewords import PageWords, prepare_page_words
from lcr_asterisk.config.phones import Number, Softphone
from lcr_asterisk.config.settings import (
    NOTHING,
    RINGING,
    MenuSettings,
    MessageSettings,
    RouteSettings,
    Settings,
    ShownNumber,
    teams_of,
)
from lcr_asterisk.config.teams import RingPhones
from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.model import Pick, Picks, Schedule

DEFAULT_MUSIC = "lcr"  # the hold music class of our own piece
# Asterisk plays this class for one that it does not know: a route's, edited since it started. Without it, silence.
FALLBACK_MUSIC = "default"

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
TestPerson = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class WhisperParts:
    """What a responder hears before and after the caller's number."""

    before: Prompt
    after: Prompt


@dataclass(frozen=True, slots=True)
class CallbackParts:
    """What a responder hears who is to call back, before and after the number; and where nobody is reached there."""

    before: Prompt
    after: Prompt
    failed: Prompt


class PlanBook:
    """One configuration with all its prompts rendered. Made by `prepare_book`.

    `schedules` answers with what is known of each at the moment it is asked.
    """

    def __init__(
        self,
        settings: Settings,
        plans: Mapping[str, RoutePlan],
        unknown: RoutePlan,
        whispers: Mapping[tuple[str, str, str], WhisperParts],
        callbacks: Mapping[tuple[str, str], CallbackParts],
        page_words: Mapping[str, PageWords],
        spellings: Mapping[str, Spelling],
        music: Mapping[str, Path],
        schedules: Mapping[str, Schedule],
    ) -> None:
        self.settings = settings
        self.music = music
        self._plans = plans
        self._unknown = unknown
        self._whispers = whispers
        self._callbacks = callbacks
        self._page_words = page_words
        self._spellings = spellings
        self.schedules = schedules

    def plan_for(self, dialled: str, caller: Caller, test_person: TestPerson = lambda _: None) -> RoutePlan:
        """What happens to a call from `caller` to this number.

        `test_person` answers with the person to whom all calls of a route go while it is in test mode.
        """
        route = self.settings.route_for(dialled)
        if route is None:
            return replace(self._unknown, number=dialled)
        plan = self._plans[route.id]
        number = caller_number(caller.number, route.region or self.settings.defaults.region)
        refused = refusal(route.callers, number) or plan.refusal
        asked = refused is None and needs_pin(route.callers, number)
        tester = self._tester(test_person(route.id), route)
        return replace(
            plan,
            refusal=refused,
            pin=plan.pin if asked else None,
            labels=plan.labels if asked else (),
            labels_in=plan.labels_in if asked else (),
            teams=tuple(self._with_whispers(route, team, caller.number) for team in plan.teams),
            shown_caller_id=self._shown_caller_id(plan, caller),
            test_person=tester,
            test_name=self.settings.people[tester].name if tester is not None else "",
        )

    def callback_plan(self, route: str, number: str, team: str | None) -> RoutePlan:
        """What happens to a call back that this route makes as this one of its numbers; nobody is asked for a PIN.

        `team` is that of the call that is answered so.
        """
        plan = self._plans[route]
        if team is None or plan.find_team(team) is None:
            team = plan.team
        shown = (plan.shown_caller_id[0], number)
        return replace(
            plan, number=number, team=team, refusal=None, pin=None, labels=(), shown_caller_id=shown, in_call=None
        )

    def page_plan(self, route: str, name: str, number: str, team: str) -> RoutePlan:
        """What happens to a call about a page of this team, which shows this name and number.

        A page outlives its route, by this id: what is played to nobody but callers is then another one's.
        """
        known = route if route in self._plans else next(iter(self._plans))
        plan = replace(self.callback_plan(known, number, None), id=route, name=name, team=team)
        return replace(plan, shown_caller_id=(displayable(name), number))

    def callback(self, of: str, route: str, number: str, person: str) -> tuple[Responder, Callback]:
        """Who shall call this number (E.164) back, for a call of this route, and what they hear."""
        language = self.language(person, route)
        parts = self._callbacks[route, language]
        ask = combine("callback", (parts.before, *spell_number(number, self._spellings[language]), parts.after))
        return self.responder(person), Callback(
            of, self._phone(Number(number)), self.settings.defaults.ring, ask, parts.failed
        )

    def language(self, person: str, route: str) -> str:
        """In which language this person hears of a call of this route, which may have been edited away."""
        known = self.settings.routes.get(route)
        own = self.settings.people[person].language
        return own or (known.language if known is not None else None) or self.settings.defaults.language

    def page_words(self, language: str) -> PageWords:
        """What is said of pages in one of the languages that are spoken here."""
        return self._page_words[language]

    def who_called(self, number: str, label: str | None, route: str, language: str) -> tuple[Prompt, ...]:
        """How a caller is named to a responder of this language: as they are known by their PIN, and by number."""
        plan = self._plans.get(route)
        label_words = plan.label_in(label, language) if plan is not None else None
        spelled = spell_number(number, self._spellings[language])
        return spelled if label_words is None else (label_words, *spelled)

    def _tester(self, person: str | None, route: RouteSettings) -> str | None:
        """Who gets the calls of a route in test mode: nobody any more who has been edited away, or has no phone."""
        if person is None or ((known := self.settings.people.get(person)) is not None and known.phones):
            return person
        log.warning("route %s is in test mode for %s, who has no phone here: its calls go as always", route.id, person)
        return None

    def pins(self, route: str) -> Mapping[str, str]:
        """The PINs of a route and whose they are; none for one that was edited away while a call was under way."""
        known = self.settings.routes.get(route)
        return known.callers.pin if known is not None else {}

    def find_responders(
        self, team: str, level: int, busy: frozenset[str], at: datetime, test_person: str | None = None
    ) -> RespondersFound:
        """Who is rung when this level starts at `at` (aware); `busy` are on another call and are left alone.

        In test mode that is `test_person` alone. After a restart a call may ask for what is no longer in the
        configuration: that is said, and nobody is rung for it.
        """
        picks = self._picks(team, level, at) if test_person is None else Picks((Pick(test_person),), ())
        if picks is None:
            return RespondersFound(level, (), known=False)
        responders: list[Responder] = []
        skipped: list[Skipped] = []
        for picked in picks.people:
            person = self.settings.people.get(picked.person)
            if person is None:
                skipped.append(Skipped(picked.person, picked.person, SkipReason.UNKNOWN))
            elif not person.phones:
                skipped.append(Skipped(picked.person, person.name, SkipReason.NO_PHONE))
            elif picked.person in busy:
                skipped.append(Skipped(picked.person, person.name, SkipReason.BUSY))
            else:
                responders.append(self.responder(picked.person, picked.schedule))
        return RespondersFound(level, tuple(responders), tuple(skipped), picks.empty)

    def someone_on_call(self, at: datetime) -> bool:
        """Whether a call at `at` (aware) could ring anybody's phone; True where no route in use is meant to."""
        rings = [plan for plan in self._plans.values() if plan.refusal is None and plan.type is RouteType.DIRECT]
        return not rings or any(
            self.find_responders(team.id, level, frozenset(), at).responders
            for plan in rings
            for team in plan.teams
            for level in range(len(team.levels))
        )

    def _picks(self, team: str, level: int, at: datetime) -> Picks | None:
        known = self.settings.teams.get(team)
        if known is None or level >= len(known.escalation):
            return None
        return pick(known.escalation[level].ring, self.schedules, at)

    def responder(self, id_: str, schedule: str | None = None) -> Responder:
        """Somebody of the configuration, with their phones; `schedule` is the one in which they are on call."""
        person = self.settings.people[id_]
        phones = tuple(self._phone(phone) for phone in person.phones)
        in_order = person.ring_phones is RingPhones.IN_ORDER and len(phones) > 1
        return Responder(id_, person.name, phones, schedule, in_order, person.language)

    def _phone(self, phone: Number | Softphone) -> Phone:
        # Both kinds were validated when the file was read: nothing a caller sends ever reaches a dial string.
        endpoint = self.settings.trunk.endpoint
        dial = f"PJSIP/{phone.e164}@{endpoint}" if isinstance(phone, Number) else f"PJSIP/{phone.name}"
        return Phone(dial, str(phone))

    def _with_whispers(self, route: RouteSettings, team: Team, number: str) -> Team:
        own, others = languages_of(route, self.settings)
        words = {language: self._whisper(route.id, team.id, language, number) for language in (own, *others)}
        return replace(team, whisper=words.pop(own), whispers=tuple(words.items()))

    def _whisper(self, route: str, team: str, language: str, number: str) -> Prompt:
        parts = self._whispers[route, team, language]
        return combine("whisper", (parts.before, *spell_number(number, self._spellings[language]), parts.after))

    def _shown_caller_id(self, plan: RoutePlan, caller: Caller) -> tuple[str, str]:
        number = caller.number.removeprefix("+")
        if self.settings.trunk.caller_id is ShownNumber.CALLER and number.isascii() and number.isdigit():
            return plan.shown_caller_id[0], caller.number
        return plan.shown_caller_id


async def prepare_book(
    settings: Settings,
    library: PromptMaker,
    catalogue: Catalogue,
    progress: Progress,
    schedules: Mapping[str, Schedule],
) -> PlanBook:
    """Render every prompt that this configuration can ever play. Raises AudioError, naming what cannot be made."""
    maker = _BookMaker(settings, library, catalogue, progress, settings.defaults.language)
    return await maker.book(schedules)


def languages_of(route: RouteSettings, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """The route's own language, and the others that people who may be rung for it have."""
    own = route.language or settings.defaults.language
    spoken = (person.language for person in settings.people.values() if person.language is not None)
    return own, tuple(dict.fromkeys(language for language in spoken if language != own))


def _spoken(settings: Settings) -> tuple[str, ...]:
    """Every language in which somebody may be told of something."""
    of_routes = (route.language for route in settings.routes.values())
    of_people = (person.language for person in settings.people.values())
    spoken = (settings.defaults.language, *of_routes, *of_people)
    return tuple(dict.fromkeys(language for language in spoken if language is not None))


class _BookMaker:
    """Makes what is heard in one language; `speaking` another makes the same in another."""

    def __init__(
        self, settings: Settings, library: PromptMaker, catalogue: Catalogue, progress: Progress, language: str
    ) -> None:
        self._settings = settings
        self._library = library
        self._catalogue = catalogue
        self._progress = progress
        self._language = language

    def speaking(self, language: str) -> _BookMaker:
        return _BookMaker(self._settings, self._library, self._catalogue, self._progress, language)

    async def book(self, schedules: Mapping[str, Schedule]) -> PlanBook:
        own_piece = await self._library.hold_music()
        music = {DEFAULT_MUSIC: own_piece, FALLBACK_MUSIC: own_piece}
        plans: dict[str, RoutePlan] = {}
        whispers: dict[tuple[str, str, str], WhisperParts] = {}
        callbacks: dict[tuple[str, str], CallbackParts] = {}
        spellings: dict[str, Spelling] = {}
        page_words: dict[str, PageWords] = {}
        teams = {id_: team.name for id_, team in self._settings.teams.items()}
        for language in _spoken(self._settings):
            spellings[language] = await prepare_spelling(self._library, self._catalogue, language, self._progress)
            page_words[language] = await prepare_page_words(
                self._library, self._catalogue, language, teams, self._progress
            )
        for route_id, route in self._settings.routes.items():
            own, others = languages_of(route, self._settings)
            in_own = self.speaking(own)
            hold = route.messages.hold
            if hold is not None:
                music[_music_class(route)] = await in_own._music(hold, route)
            plan = await in_own._plan(route)
            plans[route_id] = plan
            for language in (own, *others):
                callbacks[route_id, language] = await self.speaking(language)._callback_parts(route)
                for team in plan.teams:
                    whispers[route_id, team.id, language] = await self.speaking(language)._whisper_parts(route, team)
        unknown = await self._unknown()
        return PlanBook(self._settings, plans, unknown, whispers, callbacks, page_words, spellings, music, schedules)

    async def _music(self, hold: MessageSettings, route: RouteSettings) -> Path:
        """A directory with the route's own hold music, its ringing, or a text that is said over and over."""
        if hold is RINGING:
            return await self._library.ringing(route.region or self._settings.defaults.region)
        if hold.file is not None:
            return await self._library.hold_music(hold.file)
        spoken = await self._library.say("hold", hold.say or "", self._language)
        return await self._library.hold_music(prompt_file(spoken))

    async def _plan(self, route: RouteSettings) -> RoutePlan:
        messages = await self._caller_messages(route)
        chosen = teams_of(route.menu) if route.menu is not None else ()
        named = [*chosen, route.team, *route.in_call.hand_over.values()]
        number = route.numbers[0] if route.numbers else ""
        return RoutePlan(
            id=route.id,
            name=route.name,
            number=number,
            type=route.type,
            refusal=None if route.active else Refusal.INACTIVE,
            menu=await self._menu(route.menu, Then.VOICEMAIL) if route.menu is not None else None,
            team=route.team,
            teams=tuple(self._team(team) for team in dict.fromkeys(named) if team is not None),
            messages=messages,
            responder_messages=await self._responder_messages(),
            no_answer=route.no_answer,
            no_one_on_call=route.no_one_on_call,
            hold=_music_class(route),
            confirm=self._settings.defaults.confirm,
            max_wait=self._settings.defaults.max_wait,
            voicemail=VoicemailLimits(route.voicemail.max, route.voicemail.silence, route.voicemail.min),
            record=route.recording.enabled,
            # Two channels have no place for somebody who joins, or comes after.
            stereo=route.recording.stereo and not route.in_call.more_may_talk,
            shown_caller_id=(displayable(route.name), number),
            pin=await self._pin_check(route) if route.callers.pin else None,
            labels=await self._labels(route),
            labels_in=await self._labels_in(route, languages_of(route, self._settings)[1]),
            in_call=await self._in_call(route) if route.in_call.any else None,
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
            MessageKey.VOICEMAIL_CHOICE: own.voicemail_choice,
            MessageKey.MESSAGE_KEPT: own.message_kept,
            MessageKey.MESSAGE_LOST: own.message_lost,
            MessageKey.NO_ROOM: own.no_room,
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
            waiting=await self._library.waiting(),
            voicemail_choice=prompts[MessageKey.VOICEMAIL_CHOICE],
            message_kept=prompts[MessageKey.MESSAGE_KEPT],
            message_lost=prompts[MessageKey.MESSAGE_LOST],
            no_room=prompts[MessageKey.NO_ROOM],
            goodbye=prompts[MessageKey.GOODBYE],
            notice=(await self._library.prepare([notice], self._progress))[0] if notice is not None else None,
        )

    async def _pin_check(self, route: RouteSettings) -> PinCheck:
        keys = {MessageKey.PIN: route.messages.pin, MessageKey.WRONG_PIN: route.messages.wrong_pin}
        wanted = [self._request(key, own) or self._catalogue.say(key, self._language) for key, own in keys.items()]
        ask, wrong = await self._library.prepare(wanted, self._progress)
        return PinCheck(ask, wrong)

    async def _labels(self, route: RouteSettings) -> tuple[tuple[str, Prompt], ...]:
        labels = tuple(dict.fromkeys(route.callers.pin.values()))
        wanted = [self._catalogue.say(MessageKey.WHISPER_LABEL, self._language, label=label) for label in labels]
        return tuple(zip(labels, await self._library.prepare(wanted, self._progress), strict=True))

    async def _labels_in(self, route: RouteSettings, languages: tuple[str, ...]) -> tuple[tuple[str, str, Prompt], ...]:
        return tuple([(one, *label) for one in languages for label in await self.speaking(one)._labels(route)])

    async def _responder_messages(self) -> ResponderMessages:
        keys = (MessageKey.TAKEN, MessageKey.CALLER_GONE, MessageKey.CALLER_TO_VOICEMAIL)
        wanted = [self._catalogue.say(key, self._language) for key in keys]
        taken, gone, to_voicemail = await self._library.prepare(wanted, self._progress)
        return ResponderMessages(taken, gone, to_voicemail)

    async def _in_call(self, route: RouteSettings) -> InCallKeys:
        keys = route.in_call
        names = {digit: self._settings.teams[team].name for digit, team in keys.hand_over.items()}
        wanted = [
            self._catalogue.say(MessageKey.NOBODY_JOINS, self._language),
            self._catalogue.say(MessageKey.HANDED_OVER, self._language),
            *(self._catalogue.say(MessageKey.HANDING_OVER, self._language, team=name) for name in names.values()),
        ]
        nobody_joins, handed_over, *announcements = await self._library.prepare(wanted, self._progress)
        goals = zip(keys.hand_over.items(), announcements, strict=True)
        return InCallKeys(
            bring_in=keys.bring_in,
            hand_over=tuple(HandOver(digit, team, announcement) for (digit, team), announcement in goals),
            end=keys.end,
            nobody_joins=nobody_joins,
            handed_over=handed_over,
            introductions=await self._introductions(route) if keys.hand_over else (),
        )

    async def _introductions(self, route: RouteSettings) -> tuple[tuple[str, str, Prompt], ...]:
        """How it is said, in each language that is spoken there, that this or that person has handed a caller over."""
        own, others = languages_of(route, self._settings)
        people = [person for person in self._settings.people.values() if person.phones]
        spoken = [("", own), *((language, language) for language in others)]
        wanted = [
            self._catalogue.say(MessageKey.WHISPER_HANDED_OVER, language, person=person.name)
            for _, language in spoken
            for person in people
        ]
        prompts = iter(await self._library.prepare(wanted, self._progress))
        return tuple((name, person.id, next(prompts)) for name, _ in spoken for person in people)

    async def _menu(self, menu: MenuSettings, outer: str) -> Menu:
        """`outer` is the fallback of the menu around it, which holds where this one has none."""
        fallback = menu.fallback or outer
        written = self._request("menu", menu.prompt)
        wanted = [written] if written is not None else [self._option(*option) for option in menu.options.items()]
        prompt = combine("menu", await self._library.prepare(wanted, self._progress))
        options = [
            (digit, await self._menu(option, fallback) if isinstance(option, MenuSettings) else option)
            for digit, option in menu.options.items()
        ]
        return Menu(prompt, tuple(options), menu.tries, menu.timeout, fallback)

    def _option(self, digit: str, option: str | MenuSettings) -> Say:
        if isinstance(option, MenuSettings):
            return self._catalogue.say(MessageKey.MENU_MORE, self._language, digit=digit)
        team = self._settings.teams[option].name
        return self._catalogue.say(MessageKey.MENU_OPTION, self._language, team=team, digit=digit)

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

    async def _callback_parts(self, route: RouteSettings) -> CallbackParts:
        wanted = [
            self._catalogue.say(MessageKey.CALLBACK_TO, self._language),
            self._catalogue.say(MessageKey.CALLBACK_FOR, self._language, route=route.name),
            self._catalogue.say(MessageKey.CALLBACK_CHOICE, self._language),
            self._catalogue.say(MessageKey.CALLBACK_FAILED, self._language),
        ]
        to, route_name, choice, failed = await self._library.prepare(wanted, self._progress)
        pause = await self._library.pause()
        return CallbackParts(to, combine("callback", (pause, route_name, pause, choice, pause, pause)), failed)

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


def displayable(name: str) -> str:
    """A name as a phone may show it: without what would end the quoted part of a SIP header."""
    return "".join(character for character in name if character.isprintable() and character not in '"\\<>')
