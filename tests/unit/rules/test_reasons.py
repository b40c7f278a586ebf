"""Reasons stay as Kubernetes spells them."""

from enum import StrEnum

import pytest

from sim.rules.reasons import EventReason, EventType, WaitingReason

IN_CAPITALS = ("GC",)


def spelled(name: str) -> str:
    """Return a member's name as Kubernetes spells reasons; a Job's go without it."""
    words = name.removeprefix("JOB_").split("_")
    return "".join(w if w in IN_CAPITALS else w.capitalize() for w in words)


@pytest.mark.parametrize("reason", [*WaitingReason, *EventReason, *EventType])
def test_a_reason_is_its_name_in_camel_case(reason: StrEnum) -> None:
    """Scripts and alerts match these words letter by letter."""
    assert reason.value == spelled(reason.name)
