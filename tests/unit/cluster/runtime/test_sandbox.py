"""What lists show of a pod, and how one list differs from another."""

from sim.cluster.runtime.sandbox import (
    DOWN,
    NOTHING_SHOWN,
    SANDBOX,
    Change,
    ContainerState,
    States,
)

APP, AGAIN = ("app", 0), ("app", 1)
UP = NOTHING_SHOWN.followed(SANDBOX, ContainerState.RUNNING)


def test_pods_that_go_the_same_way_show_the_same_object() -> None:
    """While their containers are in their first instance."""
    created = UP.followed(APP, ContainerState.CREATED)

    assert UP.followed(APP, ContainerState.CREATED) is created
    assert created == {SANDBOX: "running", APP: "created"}
    assert created.shared


def test_what_follows_a_restart_is_kept_by_nobody() -> None:
    """There is no end to restarts."""
    ended = UP.followed(APP, ContainerState.EXITED)
    restarted = ended.followed(AGAIN, ContainerState.RUNNING)

    assert ended.shared
    assert ended.followed(AGAIN, ContainerState.RUNNING) is not restarted
    assert not restarted.followed(("side", 0), ContainerState.CREATED).shared


def test_only_what_runs_or_has_ended_asks_for_a_sync() -> None:
    """A container that is created does not, nor one that is gone after its end."""
    created = UP.followed(APP, ContainerState.CREATED)
    ended = created.followed(APP, ContainerState.EXITED)

    assert created.since(UP) == Change((), sync=False)
    assert ended.since(created) == Change((APP,), sync=True)
    assert UP.since(ended) == Change((), sync=False)
    assert UP.without(SANDBOX).since(UP) == Change((), sync=True)


def test_differences_of_shared_states_are_worked_out_once() -> None:
    """Others may be the only ones that hold each other."""
    created = UP.followed(APP, ContainerState.CREATED)
    other = States(created)

    assert created.since(UP) is created.since(UP)
    assert other.since(UP) == created.since(UP)
    assert other.since(UP) is not other.since(UP)


def test_pods_with_other_images_share_nothing() -> None:
    """Though lists show the same: what the API shows of them differs."""
    old = UP.followed(APP, ContainerState.RUNNING, "app:1", "app@sha256:1")
    moved = UP.followed(APP, ContainerState.RUNNING, "app:1", "app@sha256:2")

    assert old == moved
    assert old is not moved
    assert old is UP.followed(APP, ContainerState.RUNNING, "app:1", "app@sha256:1")


def test_nothing_is_fresh_once_a_container_has_ended() -> None:
    """A sandbox that is down is no container."""
    running = UP.followed(APP, ContainerState.RUNNING)

    assert running.fresh
    assert running.followed(SANDBOX, DOWN).fresh
    assert not running.followed(APP, ContainerState.EXITED).fresh
    assert not running.without(APP).fresh
