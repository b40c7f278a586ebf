"""Laws of Deployments and DaemonSets, whatever people do to them meanwhile."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.cluster.objects import Pod
from sim.record.rows import Row
from sim.rules.daemon_set import allows_surge, limits
from sim.rules.rollout import Proportion, fenceposts, proportional_sizes
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters import daemon_sets, rollouts

VERSIONS = ("v1", "v2", "v3")
RUN_MS = 120_000

amounts = st.integers(0, 4) | st.sampled_from(["0%", "10%", "25%", "50%", "100%"])
ready_ms = st.fixed_dictionaries(
    {"v1": st.just(800)}
    | {v: st.none() | st.integers(100, 9_000) for v in VERSIONS[1:]}
)
moments = st.integers(1_000, 60_000)
base = {
    "image": st.just("v1"),
    "max_surge": amounts,
    "max_unavailable": amounts,
    "min_ready_s": st.sampled_from([0, 0, 5]),
    "ready_ms": ready_ms,
    "stagger_ms": st.sampled_from([0, 137, 1370]),
    "start_subsecond_ms": st.integers(0, 999),
    "term_ms": st.sampled_from([300, 5_300, 30_100]),
    "term_not_ready_ms": st.sampled_from([100, 900]),
}
deployments = st.fixed_dictionaries(
    base
    | {
        "replicas": st.integers(0, 12),
        "progress_deadline_s": st.sampled_from([10, 60]),
        "strategy": st.sampled_from(["RollingUpdate", "RollingUpdate", "Recreate"]),
    }
)
daemon_configs = st.fixed_dictionaries(
    base
    | {
        "nodes": st.integers(1, 8),
        "never_ready_on": st.just({}),
        "strategy": st.sampled_from(["RollingUpdate", "RollingUpdate", "OnDelete"]),
    }
)
images = st.fixed_dictionaries(
    {
        "at_ms": moments,
        "op": st.just("set_image"),
        "image": st.sampled_from(VERSIONS),
    }
)
trouble = st.fixed_dictionaries(
    {
        "at_ms": moments,
        "op": st.sampled_from(["delete_pod", "unready"]),
        "node": st.integers(0, 7).map("node-{}".format),
    }
)


people = st.fixed_dictionaries(
    {
        "at_ms": moments | st.integers(800, 10_000),  # the first pods turn ready then
        "op": st.sampled_from(["set_image", "scale", "restart", "delete_pod"]),
        "image": st.sampled_from(VERSIONS),
        "replicas": st.integers(0, 12),
    }
)


def floor_us(time_us: int, config: dict[str, Any]) -> int:
    """Cut a time to whole seconds of the wall clock, as the API has them."""
    wall_us: int = config["start_subsecond_ms"] * MILLISECOND
    return (time_us + wall_us) // SECOND * SECOND - wall_us


def schedule(run: Any, steps: list[dict[str, Any]]) -> None:
    for step in sorted(steps, key=lambda one: one["at_ms"]):
        run.kubelet.after(step["at_ms"], partial(run.step, step))


@given(deployments, st.lists(images, max_size=4))
def test_a_rollout_stays_between_its_fenceposts(
    config: dict[str, Any], steps: list[dict[str, Any]]
) -> None:
    """Never more pods asked for than surge allows; never too few available ones.

    With ``minReadySeconds`` the second half is no law: a Deployment takes pods away
    that are ready but not yet available, and its ReplicaSet may choose others, for
    how many share a node comes before how long they have been ready.
    """
    run = rollouts.Rollout(config, 1)
    rolls = config["strategy"] == "RollingUpdate" and not config["min_ready_s"]
    schedule(run, steps)
    replicas = config["replicas"]
    posts = run.deployment.fenceposts
    was_available = 0

    while run.env.peek() <= RUN_MS * MILLISECOND:
        run.run(int(run.env.peek()))
        sets = run.deployment.sets
        assert sum(one.replicas for one in sets) <= replicas + posts.surge
        assert sum(one.current for one in sets) <= replicas + posts.surge
        available = run.deployment.status.available
        was_available = max(was_available, available)
        if rolls and was_available >= replicas:
            assert available >= replicas - posts.unavailable


def passed_through(
    config: dict[str, Any], steps: list[dict[str, Any]]
) -> tuple[list[list[Any]], list[Row]]:
    """Run a rollout; return its states and its record.

    Steps have microseconds of their own: no pod turns ready in the instant of one.
    """
    run = rollouts.Rollout(config, 1)

    def carry_out(step: dict[str, Any]) -> None:
        if step["op"] != "delete_pod":
            run.step(step)
            return
        alive = [pod for pod in run.api.pods.values() if not pod.terminating]
        for pod in alive[: step["replicas"]]:
            run.api.delete_pod(pod, -1)

    for number, step in enumerate(steps, start=1):
        run.kubelet.after(step["at_ms"] + number / 100, partial(carry_out, step))
    run.run(RUN_MS * MILLISECOND)
    return run.states, list(run.log.rows())


@given(deployments, st.lists(people, max_size=5))
def test_counting_one_more_ready_pod_is_what_a_pass_would_do(
    config: dict[str, Any], steps: list[dict[str, Any]]
) -> None:
    """Every row, and the state after every instant: the plain way is to pass."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(ReplicaSetController, "_count_one_more", lambda *_: False)
        plain = passed_through(config, steps)

    assert passed_through(config, steps) == plain


@given(daemon_configs, st.lists(images, max_size=4), st.lists(trouble, max_size=3))
def test_a_node_has_one_daemon_pod_or_two_while_surging(
    config: dict[str, Any],
    steps: list[dict[str, Any]],
    troubles: list[dict[str, Any]],
) -> None:
    """Pods on their way out do not count."""
    run = daemon_sets.Rollout(config, 1)
    schedule(run, [*steps, *troubles])
    surges = allows_surge(config["strategy"], config["max_surge"])

    while run.env.peek() <= RUN_MS * MILLISECOND:
        run.run(int(run.env.peek()))
        pods = [pod for pod in run.api.pods.values() if not pod.terminating]
        per_node = Counter(pod.node for pod in pods)
        assert max(per_node.values(), default=0) <= 1 + surges


def some_are_as_old(run: daemon_sets.Rollout, config: dict[str, Any]) -> bool:
    """Whether two pods of one node were created in the same second."""
    pods = [pod for pod in run.api.pods.values() if not pod.terminating]
    ages = Counter((pod.node, floor_us(pod.created_us, config)) for pod in pods)
    return max(ages.values(), default=0) > 1


@given(daemon_configs, st.lists(images, max_size=4))
def test_an_update_never_takes_more_nodes_down_than_allowed(
    config: dict[str, Any], steps: list[dict[str, Any]]
) -> None:
    """Counted by available pods; with surge no node loses its pod at all."""
    run = daemon_sets.Rollout(config, 1)
    run.run(20_000 * MILLISECOND)
    schedule(run, steps)
    nodes = config["nodes"]
    allowed = limits(
        config["strategy"], config["max_surge"], config["max_unavailable"], nodes
    )

    while run.env.peek() <= RUN_MS * MILLISECOND:
        run.run(int(run.env.peek()))
        if some_are_as_old(run, config):
            return  # their names decide which of them goes, be it available or not
        min_ready_us = run.controller.sets[daemon_sets.NAME].spec.min_ready_us
        up = {
            pod.node
            for pod in run.api.pods.values()
            if not pod.terminating
            and pod.ready_us is not None
            and floor_us(pod.ready_us, config) + min_ready_us <= run.env.now
        }
        down = nodes - len(up)
        assert down <= (0 if allowed.surge else allowed.unavailable)


@given(daemon_configs, st.lists(images, max_size=3), st.lists(trouble, max_size=3))
def test_what_is_counted_is_what_is_there(
    config: dict[str, Any],
    steps: list[dict[str, Any]],
    troubles: list[dict[str, Any]],
) -> None:
    """Numbers kept from change to change are those of looking at every pod."""
    run = daemon_sets.Rollout(config, 1)
    schedule(run, [*steps, *troubles])

    while run.env.peek() <= RUN_MS * MILLISECOND:
        run.run(int(run.env.peek()))
        one = run.controller.sets[daemon_sets.NAME]
        oldest: dict[str, tuple[int, str, Pod]] = {}
        for pod in run.api.pods.values():
            key = floor_us(pod.created_us, config)
            best = oldest.get(pod.node)
            if best is None or (key, pod.full_name) < best[:2]:
                oldest[pod.node] = (key, pod.full_name, pod)
        assert one.status.desired == config["nodes"]
        assert one.status.current == len(oldest)
        assert one.status.ready == sum(pod.ready for _, _, pod in oldest.values())


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.integers(0, 10),
    st.integers(0, 60),
    st.integers(0, 10),
)
def test_scaling_reaches_the_total_or_falls_short_of_taking_away(
    specs: list[int], room: int, replicas: int, surge: int
) -> None:
    """More pods come to just the new total; rounding may take fewer away."""
    noted = sum(specs) + room
    proportions = [
        Proportion(spec=spec, noted_max=noted) for spec in sorted(specs, reverse=True)
    ]
    wanted = replicas + surge if replicas else 0

    sizes = proportional_sizes(proportions, replicas, surge)

    assert min(sizes) >= 0
    assert sum(sizes) >= wanted
    assert wanted < sum(specs) or sum(sizes) == wanted


@given(amounts, amounts, st.integers(0, 100))
def test_fenceposts_leave_a_way_forward(
    surge: str | int, unavailable: str | int, replicas: int
) -> None:
    """A rollout of at least one pod may always add or remove one."""
    posts = fenceposts(surge, unavailable, replicas)

    assert posts.unavailable <= replicas
    assert replicas == 0 or posts.surge + posts.unavailable > 0
