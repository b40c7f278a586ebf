"""One row, one sentence."""

from typing import Any

from sim.analysis.catalogue import say, shown
from sim.record.kinds import Kind
from sim.record.rows import Row
from sim.units import format_time

# What is offered with its own name; the rest are messages.
_NAMED = ("secret ", "credential provider ")
# Kinds that say something else when a column is filled, or is not.
_WITH_REASON = {
    Kind.KUBECTL: "kubectl_failed",
    Kind.NODE_COMMAND: "node_command_failed",
    Kind.TAG_DELETED: "tag_not_deleted",
    Kind.MANIFEST_DELETED: "manifest_not_deleted",
    Kind.TAG_FROM_CACHE: "tag_from_cache_stale",
}
_WITH_TEXT = {
    Kind.KILLING: "killing_edited",
    Kind.REGISTRY_DOWN: "registry_silent",
    Kind.PROVIDER_SET: "provider_set_failing",
}
_WITHOUT_AMOUNT = {
    Kind.NODE_JOINED: "node_joined_bare",
    Kind.POD_READY: "pod_not_ready",
}


def build_name(meta: dict[str, Any], digest: str) -> str:
    """Return the name of a build, or the beginning of an unknown digest."""
    known = meta.get("builds", {}).get(digest)
    if known:
        return str(known["build"])
    return digest.removeprefix("sha256:")[:7]


def short_digest(digest: str) -> str:
    """Return a digest as people compare it."""
    return digest[:14] + "…" if digest else ""


def short_image(image: str) -> str:
    """Return an image name with a digest cut short."""
    name, at, digest = image.partition("@")
    return f"{name}@{short_digest(digest)}" if at else name


def sentence(row: Row, meta: dict[str, Any], language: str) -> str:
    """Return what a row says."""
    return say(
        language,
        _message(row),
        node=row.node,
        object=shown(row.object),
        pod=shown(row.pod),
        container=row.container,
        image=short_image(row.image),
        build=build_name(meta, row.digest) if row.digest else row.text,
        reason=row.reason,
        text=_text(row, language),
        amount=row.amount,
        span=row.span,
        age=format_time(row.span),
    )


def _message(row: Row) -> str:
    if row.kind is Kind.REQUEST and row.reason:
        return _request(row)
    if row.kind is Kind.IMAGE_REMOVED and row.reason == "age":
        return "image_removed_age"
    if row.reason and row.kind in _WITH_REASON:
        return _WITH_REASON[row.kind]
    if row.text and row.kind in _WITH_TEXT:
        return _WITH_TEXT[row.kind]
    if row.kind is Kind.STARTED and row.amount:
        return "ran_before"
    if not row.amount and row.kind in _WITHOUT_AMOUNT:
        return _WITHOUT_AMOUNT[row.kind]
    return row.kind.name.lower()


def _request(row: Row) -> str:
    """Return the message of a request about which its registry says more."""
    if row.reason in ("hit", "miss"):
        return f"request_{row.reason}"
    return "request_limited" if row.text.endswith(" 429") else "request_counted"


def _text(row: Row, language: str) -> str:
    if row.kind is Kind.PULL_STARTED and not row.text.startswith(_NAMED):
        return say(language, row.text)
    return row.text


def state_sentence(row: Row, meta: dict[str, Any], language: str) -> str:
    """Say what a container has done since a row that started, ended or stalled it."""
    message = {
        Kind.STARTED: "explain_container_runs",
        Kind.EXITED: "explain_container_ended",
        Kind.CONTAINER_WAITING: "explain_container_waits",
    }[row.kind]
    return say(
        language,
        message,
        container=row.container,
        build=build_name(meta, row.digest),
        digest=short_digest(row.digest),
        reason=row.reason,
        time=format_time(row.time_us),
    )


def again_sentence(pull: Row, language: str) -> str:
    """Say that a pull brought back what a node had had."""
    image = short_image(pull.image)
    return say(language, "explain_pulled_again", image=image, node=pull.node)
