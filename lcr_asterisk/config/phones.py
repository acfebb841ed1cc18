"""Phone numbers and softphones: as people write them, kept as E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import phonenumbers
from phonenumbers import ValidationResult
from pydantic import PlainValidator, ValidationInfo

from lcr_asterisk.config import shapes
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.values import context_of, scalar, wrong
from lcr_asterisk.config.yaml_tree import Text

_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{0,30}|\([0-9][0-9 ()./-]{0,30}")
# A letter first: so no caller's number can ever be taken for a softphone's name.
_SOFTPHONE = re.compile(r"sip:([a-z][a-z0-9_-]{0,39})")


@dataclass(frozen=True, slots=True)
class Number:
    """A phone on the public network; `e164` with its plus, such as "+14155550101"."""

    e164: str

    def __str__(self) -> str:
        return self.e164


@dataclass(frozen=True, slots=True)
class Softphone:
    """A softphone registered at this Asterisk, by the name of its endpoint."""

    name: str

    def __str__(self) -> str:
        return f"sip:{self.name}"


def region(value: Any) -> str:
    """A country by its two letters (ISO 3166), whose national numbers need no country code."""
    written = scalar(value, "US")
    if written not in phonenumbers.SUPPORTED_REGIONS:
        hint = (
            f"did you mean {written.upper()}?"
            if written.upper() in phonenumbers.SUPPORTED_REGIONS
            else "write it like US or DE"
        )
        raise wrong(f"{quote(written.written)} is not a country's two letters; {hint}")
    return str(written)


def hotline_number(value: Any, info: ValidationInfo) -> str:
    """A number that callers dial, in E.164; each may belong to one route only."""
    written = scalar(value, '"+14155551000"')
    context = context_of(info)
    number = e164(written, context.route_region or context.region)
    answering = context.answering
    if number in answering:
        first = answering[number].line
        raise wrong(f"{number} already stands in line {first}; a number has one route, so remove it here or there")
    if number in context.phones:
        raise wrong(
            f"{number} is the phone of a person in line {context.phones[number].line}, whose call would come back "
            "here; write another phone there, or another number here"
        )
    answering[number] = written.place
    return number


def phone(value: Any, info: ValidationInfo) -> Number | Softphone:
    """A responder's phone: a number, or `sip:NAME`."""
    written = scalar(value, '"+14155550101" or "sip:bob"')
    if not written.lower().startswith("sip"):
        context = context_of(info)
        number = e164(written, context.region)
        context.phones.setdefault(number, written.place)
        return Number(number)
    match = _SOFTPHONE.fullmatch(written)
    if match is None:
        raise wrong(
            f"{quote(written.written)} is not a softphone; "
            'write sip: and a name of a-z, 0-9, _ and -, a letter first, as "sip:bob"'
        )
    return Softphone(match[1])


def dialled(number: str, region: str | None) -> str | None:
    """The E.164 of what a trunk says was dialled (`+1415…`, `1415…`, `001415…` or national), or None."""
    if not _NUMBER.fullmatch(number):
        return None
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def e164(written: Text, region: str | None) -> str:
    """This number in E.164; a national one is of this region."""
    shown = quote(written.written)
    if not _NUMBER.fullmatch(written):
        raise wrong(f'{shown} is not a phone number; write it like "+14155550101"')
    if written.plain and written == written.written:
        # Every other tool that reads this file would make an integer of it and lose the plus.
        raise wrong(f"a phone number without quotes; put it in quotes: {shown}")
    if region is None and not written.startswith("+"):
        raise wrong(f"{shown} has no country; write it with + and the country code, or set region in defaults")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise wrong(f'{shown} has no such country code; write it like "+14155550101"') from None
    if not phonenumbers.is_valid_number(number):
        code = number.country_code or 0
        where = phonenumbers.region_code_for_country_code(code)
        raise wrong(f"{shown} {_fault(number)} in {where} (+{code}); check its digits")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _fault(number: phonenumbers.PhoneNumber) -> str:
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "is too short for a number"
        case ValidationResult.TOO_LONG:
            return "is too long for a number"
        case _:
            return "is not a number"


Region = Annotated[str, PlainValidator(region), shapes.REGION]
HotlineNumber = Annotated[str, PlainValidator(hotline_number), shapes.NUMBER]
Phone = Annotated[Number | Softphone, PlainValidator(phone), shapes.PHONE]
