"""A rehearsed call as JSON that scripts rely on."""

from __future__ import annotations

from typing import Any

from lcr_asterisk.config.settings import Settings
from lcr_asterisk.dryrun.rehearsal import Result, Tree
from lcr_asterisk.dryrun.steps import Step


def tree_json(tree: Tree, settings: Settings) -> dict[str, Any]:
    """The call, with `options` by digit where a menu was left open, and `with_pin` where a PIN was asked for."""
    shown = result_json(tree.result, settings)
    if tree.with_pin is not None:
        shown["with_pin"] = tree_json(tree.with_pin, settings)
    if tree.options:
        shown["options"] = {digit: tree_json(option, settings) for digit, option in tree.options.items()}
    return shown


def result_json(result: Result, settings: Settings) -> dict[str, Any]:
    """One call. Seconds are whole numbers where they are whole; times have the offset of their schedule's zone."""
    return {
        "route": result.route,
        "team": result.team,
        "to": result.call.to,
        "at": result.call.at.isoformat(),
        "steps": [_step(step, settings) for step in result.steps],
        "longest_wait": seconds_json(result.longest_wait),
        "longest_wait_confirming": seconds_json(result.longest_wait_confirming),
        "outcome": result.told,
        "end": str(result.end),
        "result": str(result.outcome.result),
        "reason": str(result.outcome.reason),
        "unused_keys": result.unused,
    }


def seconds_json(seconds: float) -> int | float:
    """25.0 is 25; what is not whole, to a tenth."""
    return int(seconds) if seconds == int(seconds) else round(seconds, 1)


def _step(step: Step, settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": str(step.kind),
        "people": list(step.people),
        "phones": list(step.phones),
        "seconds": seconds_json(step.seconds),
        "why": step.why,
        "at": step.at,
    }
    if step.level is not None:
        shown["level"] = step.level
        shown["not_rung"] = list(step.not_rung)
        shown["declined"] = list(step.declined)
        shown["rules"] = [
            {
                "person": rule.person,
                "schedule": rule.schedule,
                "rule": rule.rule,
                "at": rule.at,
                "until": rule.until.astimezone(settings.schedules[rule.schedule].timezone).isoformat()
                if rule.until is not None
                else None,
            }
            for rule in step.rules
        ]
    if step.hears:
        shown["hears"] = step.hears
    if step.options:
        shown["pressed"] = step.pressed
    return shown
