"""The demo from beginning to end: set the stage, live through two calls, check what was recorded, say where it lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.demo.engine import running_engine
from lcr_asterisk.demo.listening import Teller
from lcr_asterisk.demo.logged import Logged, read_log
from lcr_asterisk.demo.place import Place, demo_place
from lcr_asterisk.demo.sounds import Sounds, prepare_sounds
from lcr_asterisk.demo.story import ALICE, BOB, SAM, Cast, nobody_takes_the_call, someone_takes_the_call
from lcr_asterisk.errors import DemoFailed
from lcr_asterisk.own_pbx import own_spec
from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.phone import Phone
from lcr_asterisk.simulator.world import World
from lcr_asterisk.store.report import call_story

Say = Callable[[str], None]

_NEXT = """
What next
  1. Write your own hotline:    cp lcr.example.yaml lcr.yaml, and edit people, teams and numbers in it.
                                .venv/bin/lcr config check names every mistake.
  2. Run it:                    make run
  3. Register a softphone:      server 127.0.0.1:5060 (asterisk.sip in the YAML), user and password as
                                for "sip:bob": bob, and what is in var/secrets/softphone-bob.
                                From it, dial the hotline's number.
  4. Point your trunk at it:    host, user and password under `trunk` in the YAML.
  README.md has the details."""


async def run_demo(data: Path, binary: AsteriskBinary, say: Say) -> None:
    """Place two calls through a whole system under `data`/demo and tell them by `say`; nothing of it goes on running.

    Returns when all was heard that should be. Raises DemoFailed, naming what was not, and LcrError for whatever keeps
    the system from starting.
    """
    with demo_place(data) as place:
        clock = Clock()
        teller = Teller(say, clock)
        heard = place.data / "heard"
        async with _stage(place, binary, say) as (world, sounds):
            began = clock.now()
            phones: dict[str, Phone] = {}
            try:
                await _two_calls(world, sounds, teller, phones)
            except (DemoFailed, AssertionError) as error:  # the latter is how a phone says what did not happen to it
                where = f"What the phones heard is in {_shown(heard)}, the engine's log is {_shown(place.engine_log)}."
                raise DemoFailed(f"{error}\n{where}") from error
            finally:
                _write_ears(phones, heard)
            logged = await read_log(place.settings.database.get_secret_value(), began)
        say("\nThe same two calls in the system's own log (lcr calls show)")
        for report in logged.reports:
            say("\n" + "\n".join(f"  {line}".rstrip() for line in call_story(report).splitlines()))
        checked = _check_recordings(logged, sounds)
        _say_where(place, logged, heard, say)
        say(f"\nEvery sound arrived: {teller.arrived} recognised at the phones, {checked} in the recordings.")
        say(_NEXT)


@asynccontextmanager
async def _stage(place: Place, binary: AsteriskBinary, say: Say) -> AsyncIterator[tuple[World, Sounds]]:
    """The system and the world around it, up and running."""
    say(f"The demo has its own system in {_shown(place.data)}; nothing else on this machine is touched.")
    say("Rendering with espeak-ng what will be spoken; what is there from another time is used again.")
    rendered = _Counter(say)
    sounds = await prepare_sounds(place.settings, place.data / "expected", rendered)
    spec = await own_spec(place.settings, place.data, rendered)
    async with AsyncExitStack() as stack:
        say(f"Starting {binary}: SIP on {spec.sip}, ARI on {spec.http}.")
        await stack.enter_async_context(Instance(spec, binary))
        say(f"Starting the engine: lcr run, its log is {_shown(place.engine_log)}.")
        await stack.enter_async_context(running_engine(place.environment, place.engine_log, place.lock))
        say(f"Starting the world around it, a second Asterisk: a carrier on {place.carrier}, and phones.")
        world = World(place.data / "world", binary, system=spec.sip, sip=place.carrier, softphones=spec.softphones)
        try:
            await stack.enter_async_context(world)
            await world.softphones_register()
        except (TimeoutError, AssertionError) as error:
            raise DemoFailed(f"The simulated carrier and phones were not ready in time. {error}".rstrip()) from error
        say(f"Bob's softphone has registered ({BOB}).")
        yield world, sounds


async def _two_calls(world: World, sounds: Sounds, teller: Teller, phones: dict[str, Phone]) -> None:
    """`phones` are noted as soon as they are in a call, so that what they heard is there also after a failure."""
    cast = Cast(world.phone(ALICE), world.phone(BOB), sounds, teller)
    teller.say("\nFirst call: somebody takes it")
    first = phones["first-call-sam"] = world.caller(SAM, name="Sam")
    phones["first-call-alice"] = cast.alice
    await someone_takes_the_call(cast, first)
    teller.say("\nSecond call: nobody takes it")
    second = phones["second-call-sam"] = world.caller(SAM, name="Sam")
    await nobody_takes_the_call(cast, second)


def _write_ears(phones: dict[str, Phone], directory: Path) -> None:
    try:
        directory.mkdir(exist_ok=True)
        for name, phone in phones.items():
            phone.ear.write_wav(directory / f"{name}.wav")
    except OSError as error:
        raise DemoFailed(f"{directory}: cannot be written: {error.strerror}.") from error


def _check_recordings(logged: Logged, sounds: Sounds) -> int:
    """How many sounds were looked for and found in what was kept. DemoFailed: one is not in it."""
    kept = [
        ("conversation", logged.talk[0], (sounds.report, sounds.answer, sounds.thanks)),
        ("message", logged.message[0], (sounds.message,)),
    ]
    checked = 0
    for what, path, expected in kept:
        for sound in expected:
            if not sound.is_in(path):
                raise DemoFailed(f"The recorded {what} {path} does not contain {sound.told}")
            checked += 1
    return checked


def _say_where(place: Place, logged: Logged, heard: Path, say: Say) -> None:
    say("\nListen to it")
    for what, files in (
        ("the conversation", logged.talk),
        ("the message", logged.message),
        ("at Sam's ear", (heard / "first-call-sam.wav", heard / "second-call-sam.wav")),
        ("at Alice's ear", (heard / "first-call-alice.wav",)),
    ):
        for line, file in enumerate(files):
            say(f"  {'' if line else what:<18} {_shown(file)}")
    say("\nRead the demo's call log again")
    say(f"  LCR_DATA={_shown(place.data)} .venv/bin/lcr calls --config {_shown(place.config)}")


def _shown(path: Path) -> Path:
    """A path as people type it: from here, where that is shorter."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class _Counter:
    """Progress of rendering, told from time to time."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._count = 0

    def __call__(self, _line: str) -> None:
        self._count += 1
        if self._count % 10 == 0:
            self._say(f"  {self._count} prompts are ready …")
