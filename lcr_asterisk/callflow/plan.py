"""What a route promises its callers, as one call sees it: fixed when the call arrives, whatever is edited later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lcr_asterisk.callflow import keys


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something a person hears.

    `name` is what people call it ("welcome"); `media` are ARI media URIs, played one after the other as one prompt;
    `seconds` is their length together, known because everything is rendered before a call.
    """

    name: str
    media: tuple[str, ...]
    seconds: float


def combine(name: str, prompts: Iterable[Prompt]) -> Prompt:
    """Several prompts, played one after the other as one of this name."""
    parts = tuple(prompts)
    media = tuple(uri for part in parts for uri in part.media)
    return Prompt(name, media, sum(part.seconds for part in parts))


class RouteType(StrEnum):
    DIRECT = "direct"
    VOICEMAIL = "voicemail"


class Then(StrEnum):
    """What follows when nobody took the call."""

    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"


class Refusal(StrEnum):
    """Why a call is ended right away: told so, or, if it is the caller who is not wanted, refused before answer."""

    INACTIVE = "inactive"
    UNKNOWN_NUMBER = "unknown_number"
    BLOCKED = "blocked"
    NOT_ALLOWED = "not_allowed"

    @property
    def before_answer(self) -> bool:
        return self in (Refusal.BLOCKED, Refusal.NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class Level:
    """One step of an escalation policy: how long its phones ring, in seconds. Who is rung is asked when it starts."""

    ring: float


@dataclass(frozen=True, slots=True)
class Team:
    """A team as a call needs it: its levels in order, how often to walk them again, what its responders hear.

    `whispers` are the same words in other languages than the route's, by language.
    """

    id: str
    name: str
    levels: tuple[Level, ...]
    repeat: int
    whisper: Prompt
    whispers: tuple[tuple[str, Prompt], ...] = ()

    def whisper_in(self, language: str | None) -> Prompt:
        """What a responder of this language hears."""
        return dict(self.whispers).get(language or "", self.whisper)


@dataclass(frozen=True, slots=True)
class Menu:
    """A keypad menu. `options` pairs a digit with a team id, or with the menu that comes next.

    `fallback` is a team id, "voicemail" or "hang_up".
    """

    prompt: Prompt
    options: tuple[tuple[str, str | Menu], ...]
    tries: int
    timeout: float
    fallback: str


@dataclass(frozen=True, slots=True)
class PinCheck:
    """A caller has to key a PIN: how they are asked, and what they hear after the last try.

    The PINs themselves are nowhere in a plan, which is written to the journal.
    """

    ask: Prompt
    wrong: Prompt


@dataclass(frozen=True, slots=True)
class CallerMessages:
    """What the caller may hear on this route."""

    welcome: Prompt | None
    wrong_choice: Prompt
    level: Prompt
    no_answer: Prompt
    no_one_on_call: Prompt
    inactive: Prompt
    unknown_number: Prompt
    voicemail: Prompt
    beep: Prompt
    message_kept: Prompt
    message_lost: Prompt
    goodbye: Prompt
    notice: Prompt | None
    no_room: Prompt | None = None  # None in a journal of before there was this message
    voicemail_choice: Prompt | None = None
    waiting: Prompt | None = None  # a sign of life while a key is awaited, to be played over and over


@dataclass(frozen=True, slots=True)
class ResponderMessages:
    """What a responder who did not get the call may hear before the line closes."""

    taken: Prompt
    caller_gone: Prompt
    caller_to_voicemail: Prompt


@dataclass(frozen=True, slots=True)
class HandOver:
    """A team to which a responder can hand their caller over, by this digit; the caller hears `announcement`."""

    digit: str
    team: str
    announcement: Prompt


@dataclass(frozen=True, slots=True)
class InCallKeys:
    """What a responder can do by keys while they talk.

    Who asks for somebody in vain hears `nobody_joins`, who hands over `handed_over`. `introductions` say who has handed
    a caller over, as (language, person, prompt), with an empty language for the route's own.
    """

    bring_in: bool
    hand_over: tuple[HandOver, ...]
    end: bool
    nobody_joins: Prompt
    handed_over: Prompt
    introductions: tuple[tuple[str, str, Prompt], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """What can be keyed: `*` and digits."""
        single = ((keys.BRING_IN, self.bring_in), (keys.END_CALL, self.end))
        goals = tuple(keys.HAND_OVER + goal.digit for goal in self.hand_over)
        return (*(code for code, allowed in single if allowed), *goals)

    def begins_code(self, keyed: str) -> bool:
        """Whether this is a code, or the beginning of one."""
        return any(code.startswith(keyed) for code in self.codes)

    def goal(self, code: str) -> HandOver:
        """Where this code hands a caller over to."""
        return next(goal for goal in self.hand_over if keys.HAND_OVER + goal.digit == code)

    def introduction(self, person: str, language: str | None) -> Prompt | None:
        """How a responder of this language hears that this person has handed the caller over."""
        words = {(spoken, who): prompt for spoken, who, prompt in self.introductions}
        return words.get((language or "", person)) or words.get(("", person))


@dataclass(frozen=True, slots=True)
class VoicemailLimits:
    """Seconds: the longest message, the silence that ends one, and the shortest that counts."""

    longest: float
    silence: float
    shortest: float


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Everything one call needs to know about its route. All times in seconds.

    `team` is the team where there is no menu, or where the menu leads nowhere else; `hold` is the music-on-hold class;
    `shown_caller_id` is what responders' phones display, as (name, number). `pin` is None where this caller need not
    key one; `labels` pairs what callers are known as by their PIN with how that is said, `labels_in` does so for other
    languages than the route's, as (language, label, prompt). In test mode all levels ring
    `test_person` alone, whose name is `test_name`. A talk is recorded where `record` says so, in `stereo` with the
    caller on the left and the responder on the right. `in_call` is None where responders have no keys while they talk.
    """

    id: str
    name: str
    number: str
    type: RouteType
    refusal: Refusal | None
    menu: Menu | None
    team: str | None
    teams: tuple[Team, ...]
    messages: CallerMessages
    responder_messages: ResponderMessages
    no_answer: Then
    no_one_on_call: Then
    hold: str
    confirm: float
    max_wait: float
    voicemail: VoicemailLimits
    record: bool
    shown_caller_id: tuple[str, str]
    pin: PinCheck | None = None
    labels: tuple[tuple[str, Prompt], ...] = ()
    labels_in: tuple[tuple[str, str, Prompt], ...] = ()
    test_person: str | None = None
    test_name: str = ""
    stereo: bool = False
    in_call: InCallKeys | None = None

    @property
    def rings_at_once(self) -> bool:
        """Whether nothing is played before phones ring, so that no pause for the caller's ear is needed."""
        plays_first = self.messages.welcome or self.menu or self.pin or self.refusal
        return not plays_first and self.type is not RouteType.VOICEMAIL

    def label_in(self, label: str | None, language: str | None) -> Prompt | None:
        """How a responder of this language hears what the caller is known as; None for a caller without a label."""
        words = {(spoken, known): prompt for spoken, known, prompt in self.labels_in}
        return words.get((language or "", label or "")) or dict(self.labels).get(label or "")

    def find_team(self, team_id: str) -> Team | None:
        """The team with this id, or None."""
        return next((team for team in self.teams if team.id == team_id), None)
