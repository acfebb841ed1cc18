"""A team's channel in Microsoft Teams shows the page as a card, small enough, and no caller writes Markdown in it."""

from __future__ import annotations

import json

from hypothesis import given, settings
from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import LEFT_OUT, Kind, Message
from lcr_asterisk.notifier.targets import teams
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from tests.alert_rules import check_teams, text_of_card
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.alerts import PAGE, anything, hostile, many_steps, page


def sent(message: Message) -> bytes:
    body = teams.encode(teams.render(message))
    check_teams(body)
    return body


def test_the_card_shows_everything_that_is_known_about_a_page() -> None:
    body = sent(PAGE)
    shown = text_of_card(body)
    for words in (
        "Page for Platform: Acme left a message on Production Incidents",
        "Caller: Acme (+14155550177)",
        "Duration: 1 min 5 s",
        "“The website is down.”",
        "09:00:17  Alice Martin is rung",
    ):
        assert words in shown
    actions = json.loads(body)["attachments"][0]["content"]["actions"]
    assert [(action["title"], action["url"]) for action in actions] == [
        ("Acknowledge", "https://hotline.example.com/acknowledge/abc.def"),
        ("Listen to the recording", "https://hotline.example.com/recordings/1"),
    ]


def test_a_callers_words_stand_there_as_they_were_said() -> None:
    assert "[Acknowledge](https://evil.example)" in text_of_card(sent(hostile())), "which a text run does not read"


@settings(deadline=None)
@given(anything)
def test_whatever_is_said_teams_takes_it(message: Message) -> None:
    sent(message)


@settings(deadline=None, max_examples=10)
@given(many_steps)
def test_however_much_happened_the_card_is_small_enough(message: Message) -> None:
    sent(message)


def test_of_a_long_story_the_end_is_shown() -> None:
    shown = text_of_card(sent(page(steps=PAGE.steps * 500, transcript="é" * 20_000)))
    assert LEFT_OUT in shown
    assert shown.endswith("Alice Martin is rung")


def test_what_is_acknowledged_has_no_button_to_acknowledge() -> None:
    card = json.loads(sent(page(kind=Kind.PAGE_ACKNOWLEDGED, recording=None)))["attachments"][0]["content"]
    assert "actions" not in card


async def test_a_workflow_gets_the_card(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(202)]
    assert await deliverer.deliver(TeamsWebhook(SecretStr(receiver.url())), PAGE) == Delivered()
    check_teams(receiver.got[0].body)
    assert receiver.got[0].headers["Content-Type"].startswith("application/json")


async def test_a_workflow_that_is_busy_says_when_to_come_back(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(429, headers={"Retry-After": "17"})]
    decision = await deliverer.deliver(TeamsWebhook(SecretStr(receiver.url())), PAGE)
    assert decision == RetryAfter(17.0, "it answers 429 Too Many Requests", asked=True)


async def test_a_workflow_that_was_switched_off_is_given_up(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(400, "WorkflowTriggerIsNotEnabled")]
    assert await deliverer.deliver(TeamsWebhook(SecretStr(receiver.url())), PAGE) == GiveUp(
        "it answers 400 Bad Request"
    )
