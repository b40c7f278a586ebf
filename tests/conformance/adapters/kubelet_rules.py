"""Back-off, throttle, requeue and verification policies: pure rules of the kubelet."""

from collections.abc import Iterator
from typing import Any

from sim.rules.backoff import BackOff
from sim.rules.pod_sync import SyncError, earliest_back_off, jitter, requeue_delay
from sim.rules.throttle import TokenBucket
from sim.rules.verification import (
    Allowlist,
    PatternError,
    Verification,
    parse_pattern,
)
from sim.units import MILLISECOND, SECOND
from tests.conformance.harness import Adapter, Step


def backoff_unit(data: dict[str, Any]) -> Iterator[Step]:
    """Follow one key of the image back-off table."""
    given = data["input"]
    table = BackOff(given["base_ms"] * MILLISECOND, given["max_ms"] * MILLISECOND)
    pairs = zip(given["steps"], data["expect"]["steps"], strict=True)
    for number, (step, expected) in enumerate(pairs):
        now_us = step["at_ms"] * MILLISECOND
        event_us = step.get("event_at_ms", 0) * MILLISECOND
        ours = {} | _do(table, step["op"], "key", now_us, event_us)
        ours["backoff_ms"] = table.get("key") / MILLISECOND
        ours["in_backoff"] = table.is_in_backoff_since_update("key", now_us)
        yield Step(f"step {number} {step['op']}", ours, expected)


def backoff(data: dict[str, Any]) -> Iterator[Step]:
    """Follow several keys of a back-off table."""
    table = BackOff(data["initial_us"], data["max_us"])
    for number, step in enumerate(data["steps"]):
        key, now_us = step["id"], step["t_us"]
        event_us = now_us - step.get("event_age_us", 0)
        ours = {} | _do(table, step["op"], key, now_us, event_us)
        ours["delay_us"] = table.get(key)
        ours["in_backoff"] = table.is_in_backoff_since_update(key, now_us)
        theirs = {name: step[name] for name in ours}
        yield Step(f"step {number} {step['op']} {key}", ours, theirs)


def _do(
    table: BackOff, op: str, key: str, now_us: int, event_us: int
) -> dict[str, object]:
    match op:
        case "next":
            table.next(key, now_us)
        case "gc":
            table.gc(now_us)
        case "reset":
            table.reset(key)
        case "delete":
            table.delete_entry(key)
        case "check_since":
            since = table.is_in_backoff_since(key, event_us, now_us)
            return {"in_backoff_since": since}
        case _:
            assert op == "check"
    return {}


def throttle(data: dict[str, Any]) -> Iterator[Step]:
    """Ask the pull QPS token bucket at each step."""
    bucket = TokenBucket(data["qps"], data["burst"])
    for number, step in enumerate(data["steps"]):
        ours = bucket.try_accept(step["t_us"])
        yield Step(f"step {number}", ours, step["accepted"])


def pod_worker_requeue(data: dict[str, Any]) -> Iterator[Step]:
    """Compute the delay that a pod worker puts into its queue."""
    given = data["input"]
    base_us, factor = requeue_delay(
        _errors(given["error"]),
        phase_transition=given["phase_transition"],
        sync_frequency_us=_us(given["resync_interval_s"]),
        back_off_period_us=_us(given["default_backoff_s"]),
        network_not_ready_us=_us(given["transient_backoff_s"]),
        jitter_factor=given["jitter_factor"],
    )
    for draw in (0, 1):
        ours = jitter(base_us, factor, draw)
        theirs = _us(data["expect"][f"delay_at_draw_{draw}_s"])
        yield Step(f"delay at draw {draw}", ours, theirs)


def earliest_backoff_in_error(data: dict[str, Any]) -> Iterator[Step]:
    """Find the earliest restart back-off inside an error."""
    ours = earliest_back_off(_errors(data["input"]["error"]))
    expires_s = data["expect"]["expires_in_s"]
    yield Step("found", ours is not None, data["expect"]["found"])
    yield Step("expires", ours, None if expires_s is None else _us(expires_s))


def _errors(raw: dict[str, Any] | None) -> list[SyncError]:
    return [] if raw is None else [_error(raw)]


def _error(raw: dict[str, Any]) -> SyncError:
    match raw["type"]:
        case "backoff":
            return SyncError.backoff(expires_us=_us(raw["expires_in_s"]))
        case "wrapped":
            return SyncError.wrapped(_error(raw["error"]))
        case "aggregate":
            return SyncError.aggregate([_error(error) for error in raw["errors"]])
        case "network_not_ready":
            return SyncError.network_not_ready()
        case _:
            return SyncError.generic()


def _us(seconds: float) -> int:
    return round(seconds * SECOND)


def verification_policy(data: dict[str, Any]) -> Iterator[Step]:
    """Ask one policy with its allow-list about one image."""
    given = data["input"]
    ours: dict[str, object] = dict.fromkeys(
        ("exact_entries", "wildcard_entries", "verify")
    )
    try:
        allowlist = Allowlist.parse(given["allowlist"])
        verification = Verification(given["policy"], given["allowlist"])
    except PatternError:
        yield Step("policy", ours | {"config_valid": False}, data["expect"])
        return
    ours["config_valid"] = True
    ours["exact_entries"] = len(allowlist.exact)
    ours["wildcard_entries"] = len(allowlist.prefixes)
    if given["image"] is not None:
        ours["verify"] = verification.demanded(
            given["image"], pulled_by_kubelet=given["pulled_by_kubelet"]
        )
    yield Step("policy", ours, data["expect"])


def verification_patterns(data: dict[str, Any]) -> Iterator[Step]:
    """Read an allow-list entry by entry, then as a whole, then use it."""
    entries = [entry["pattern"] for entry in data["patterns"]]
    for entry in data["patterns"]:
        ours: dict[str, object] = {"pattern": entry["pattern"]}
        try:
            pattern = parse_pattern(entry["pattern"])
            ours |= {"normalized": pattern.text, "wildcard": pattern.wildcard}
        except PatternError as error:
            ours["error"] = str(error)
        yield Step(f"pattern {entry['pattern']!r}", ours, entry)
    yield Step("validation", _pattern_error(entries), data["validate_error"])
    try:
        verification = Verification(data["policy"], entries)
    except PatternError as error:
        yield Step("building", str(error), data["error"])
        return
    yield Step("building", None, data["error"])
    for check in data["checks"] or ():
        demanded = verification.demanded(
            check["image"], pulled_by_kubelet=check["pulled_by_kubelet"]
        )
        yield Step(f"check {check['image']}", demanded, check["require_verification"])


def _pattern_error(entries: list[str]) -> str | None:
    try:
        Allowlist.parse(entries)
    except PatternError as error:
        return str(error)
    return None


ADAPTERS: dict[str, Adapter] = {
    "backoff_unit": backoff_unit,
    "backoff": backoff,
    "throttle": throttle,
    "pod_worker_requeue": pod_worker_requeue,
    "earliest_backoff_in_error": earliest_backoff_in_error,
    "verification_policy": verification_policy,
    "verification_patterns": verification_patterns,
}
