"""Rows become events with Kubernetes' own words, and a table as kubectl prints it."""

from sim.analysis.events import (
    KubernetesEvent,
    get_events,
    kubernetes_events,
    stored_events,
)
from sim.units import HOUR, MINUTE, SECOND
from tests.record_factory import (
    IMAGE,
    NO_CREDENTIALS,
    UNTIL_US,
    credential_gap,
    stale_pod,
)


def messages(reason: str) -> list[str]:
    made = stale_pod()
    events = kubernetes_events(made.log, made.meta)
    return [one.message for one in events if one.reason == reason]


def test_a_pull_tells_both_its_times_and_its_size() -> None:
    """In the runtime, and since Pulling; then a cached copy, without a check."""
    pulled, present = messages("Pulled")

    assert pulled == (
        f'Successfully pulled image "{IMAGE}" in 900ms (1s including waiting). '
        "Image size: 9000000 bytes."
    )
    assert present == f'Container image "{IMAGE}" already present on machine'


def test_wording_follows_the_release() -> None:
    """Up to 1.34 the container was named."""
    made = stale_pod()
    made.meta["profile"]["new_container_wording"] = False

    told = [e.message for e in kubernetes_events(made.log, made.meta)]

    assert told.count("Started container web") == 2
    assert "Container started" not in told


def test_events_of_a_failed_pull_come_in_kubelet_order() -> None:
    """Pulling, Failed with the error, Failed with the reason, then the back-off."""
    made = credential_gap()
    mine = f"pod/{made.pods[1].partition('/')[2]}"

    told = [
        (e.type, e.reason, e.message)
        for e in kubernetes_events(made.log, made.meta)
        if e.object == mine and e.component == "kubelet"
    ]

    assert told[:5] == [
        ("Normal", "Pulling", f'Pulling image "{IMAGE}"'),
        ("Warning", "Failed", f'Failed to pull image "{IMAGE}": {NO_CREDENTIALS}'),
        ("Warning", "Failed", "Error: ErrImagePull"),
        ("Normal", "BackOff", f'Back-off pulling image "{IMAGE}"'),
        ("Warning", "Failed", "Error: ImagePullBackOff"),
    ]


def test_the_table_counts_and_aligns() -> None:
    """Equal events are one line with how often and over how long."""
    made = credential_gap()

    head, *lines = get_events(made.log, made.meta, UNTIL_US).splitlines()

    assert " ".join(head.split()) == "NAMESPACE LAST SEEN TYPE REASON OBJECT MESSAGE"
    start = head.index("MESSAGE")
    assert all(line[start - 1] == " " != line[start] for line in lines)
    # Both back-offs are one Event.
    assert sum("Back-off pulling image" in line for line in lines) == 1


def test_the_table_is_of_a_moment() -> None:
    """Before anything failed, no warning is there."""
    made = credential_gap()

    assert "Warning" in get_events(made.log, made.meta, UNTIL_US)
    assert "Warning" not in get_events(made.log, made.meta, 9 * MINUTE)


def event(at_us: int, message: str = "m", node: str = "worker-1") -> KubernetesEvent:
    return KubernetesEvent(
        time_us=at_us,
        message=message,
        node=node,
        type="Normal",
        reason="BackOff",
        namespace="default",
        object="pod/web-1",
        component="kubelet",
        container="web",
    )


def test_every_kubelet_counts_for_itself() -> None:
    """Equal events of two nodes are two objects; of one node they are counted."""
    told = [event(0), event(SECOND), event(2 * SECOND, node="worker-2")]

    counts = [one.count for one in stored_events(told, MINUTE)]

    assert counts == [2, 1]


def test_events_live_an_hour_after_their_last_write() -> None:
    """The API forgets an Event that nobody writes to for an hour."""
    told = [event(0), event(30 * MINUTE, "other")]

    just = [one.message for one in stored_events(told, HOUR - SECOND)]
    kept = [one.message for one in stored_events(told, HOUR)]

    assert just == ["m", "other"]
    assert kept == ["other"]


def test_the_future_is_not_stored_yet() -> None:
    """Asked about a moment, later events are left out."""
    told = [event(0), event(5 * SECOND, "later")]

    kept = [one.message for one in stored_events(told, 4 * SECOND)]

    assert kept == ["m"]
