"""A web address of one's own gets documented JSON, with a signature that others can verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from lcr_asterisk.notifier import signature
from lcr_asterisk.notifier.decisions import Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import Kind, Message
from lcr_asterisk.notifier.targets import webhook
from lcr_asterisk.notifier.targets.webhook import Webhook
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.alerts import PAGE, anything, page
from tests.unit.notifier.conftest import now

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text("utf-8"))
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@settings(deadline=None)
@given(anything)
def test_every_alert_is_as_the_schema_says(message: Message) -> None:
    jsonschema.validate(webhook.render(message), SCHEMA, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("kind", Kind)
def test_what_is_not_known_is_null(kind: Kind) -> None:
    bare = Message(id="1", kind=kind, at=PAGE.at, summary="The trunk is down", dedupe_key="trunk")
    payload = webhook.render(bare)
    jsonschema.validate(payload, SCHEMA)
    assert payload["data"]["caller"] is None
    assert payload["data"]["page"] is None


def test_the_schema_knows_every_type_and_no_other() -> None:
    assert SCHEMA["properties"]["type"]["enum"] == list(Kind)


def test_what_is_sent_is_what_is_known() -> None:
    assert webhook.render(PAGE) == {
        "type": "page.opened",
        "timestamp": "2026-11-21T08:00:12.000Z",
        "data": {
            "id": "msg-20261121-1",
            "dedupe_key": "page-7",
            "title": "Page for Platform: Acme left a message on Production Incidents",
            "summary": "Acme left a message on Production Incidents",
            "page": "7",
            "team": {"id": "platform", "name": "Platform"},
            "route": {"id": "production", "name": "Production Incidents"},
            "caller": {"number": "+14155550177", "name": "Acme"},
            "person": None,
            "calls": 2,
            "duration_seconds": 65.0,
            "steps": [
                {"at": "2026-11-21T08:00:12.000Z", "text": "the caller dialled"},
                {"at": "2026-11-21T08:00:17.000Z", "text": "Alice Martin is rung"},
            ],
            "recording": {"seconds": 12.0, "url": "https://hotline.example.com/recordings/1"},
            "transcript": "The website is down.",
            "acknowledge_url": "https://hotline.example.com/acknowledge/abc.def",
            "since": None,
            "advice": None,
        },
    }


async def sent(deliverer: Deliverer, receiver: Receiver, message: Message = PAGE) -> tuple[bytes, dict[str, str]]:
    target = Webhook(SecretStr(receiver.url()), SecretStr(SECRET))
    assert await deliverer.deliver(target, message) == Delivered()
    request = receiver.got[-1]
    return request.body, dict(request.headers)


async def test_the_signature_is_genuine_to_the_schemes_own_library(deliverer: Deliverer, receiver: Receiver) -> None:
    body, headers = await sent(deliverer, receiver, page(summary="Größe, 🎉"))
    assert Verifier(SECRET).verify(body, headers) == json.loads(body)


async def test_a_body_that_was_changed_on_its_way_is_found_out(deliverer: Deliverer, receiver: Receiver) -> None:
    body, headers = await sent(deliverer, receiver)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body.replace(b"Platform", b"Payments"), headers)


async def test_a_secret_in_words_of_ones_own_signs_as_well(deliverer: Deliverer, receiver: Receiver) -> None:
    target = Webhook(SecretStr(receiver.url()), SecretStr("just some words"))
    assert await deliverer.deliver(target, PAGE) == Delivered()
    request = receiver.got[0]
    assert Verifier(b"just some words").verify(request.body, dict(request.headers))


async def test_each_attempt_has_the_same_id_by_which_a_receiver_tells_a_repetition(
    deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.answers = [Answer(500), Answer(200)]
    target = Webhook(SecretStr(receiver.url()), SecretStr(SECRET))
    assert isinstance(await deliverer.deliver(target, PAGE), RetryAfter)
    assert await deliverer.deliver(target, PAGE) == Delivered()
    assert [request.headers["webhook-id"] for request in receiver.got] == [PAGE.id, PAGE.id]


async def test_without_a_secret_there_is_an_id_and_no_signature(deliverer: Deliverer, receiver: Receiver) -> None:
    assert await deliverer.deliver(Webhook(SecretStr(receiver.url())), PAGE) == Delivered()
    (request,) = receiver.got
    assert request.headers["webhook-id"] == PAGE.id
    assert "webhook-signature" not in request.headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_receiver_that_is_just_being_put_right_gets_it_later(
    deliverer: Deliverer, receiver: Receiver, status: int
) -> None:
    receiver.answers = [Answer(status)]
    assert isinstance(await deliverer.deliver(Webhook(SecretStr(receiver.url())), PAGE), RetryAfter)


async def test_a_receiver_that_is_gone_for_good_gets_nothing_more(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(410)]
    assert await deliverer.deliver(Webhook(SecretStr(receiver.url())), PAGE) == GiveUp("it answers 410 Gone")


def test_a_key_that_is_no_base64_is_not_taken_for_one() -> None:
    with pytest.raises(ValueError, match="base64"):
        signature.headers("whsec_!!!", "1", now(), b"")


def test_the_address_is_not_in_the_name() -> None:
    target: Any = Webhook(SecretStr("https://user:pass@alerts.example.com/secret-path?token=x"))
    assert target.name == "webhook alerts.example.com"
    assert "secret-path" not in repr(target)
