"""StatefulSets in a small world: what happens to the pods, and what the record says."""

from pathlib import Path

import pytest

from sim.analysis.events import kubernetes_events
from sim.analysis.explain import chain
from sim.cluster.controllers.revisions import REVISION_LABEL
from sim.cluster.controllers.stateful_set import (
    POD_INDEX,
    StatefulSetController,
    StatefulSetState,
)
from sim.cluster.objects import Phase, PodStatus
from sim.cluster.world import World, simulate
from sim.errors import ScenarioError
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario.loader import load_scenario
from sim.units import MINUTE, SECOND

SCENARIO = """
title: t
until: 20m
images:
  - name: r.example/web
    builds: {v1: {layers: {a: 1MB}}, v2: {layers: {a: 2MB}}}
    tags: {v1: v1, v2: v2}
nodes:
  - {name: n, count: 3}
objects:
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "r.example/web:v1"}]}
"""
NAME = "default/statefulset/web"
SPEC = "objects.web.spec"
BAD = "{at: 2m, run: kubectl set image sts/web web=r.example/web:v9}"
MENDED = "{at: 5m, run: kubectl set image sts/web web=r.example/web:v2}"


def world_of(folder: Path, *acts: str, sets: tuple[str, ...] = ()) -> World:
    path = folder / "s.yaml"
    listed = "".join(f"  - {act}\n" for act in acts)
    path.write_text(SCENARIO + (f"timeline:\n{listed}" if acts else ""))
    world = World(load_scenario(path, sets=sets).variants[0])
    world.run()
    return world


def set_of(world: World) -> StatefulSetState:
    controller = world.api.workloads["statefulset"]
    assert isinstance(controller, StatefulSetController)
    return controller.sets[NAME]


def images(world: World) -> dict[str, str]:
    """What the pods ask for, by name; only those that run."""
    pods = sorted(world.api.pods.values(), key=lambda pod: pod.name)
    return {
        pod.name: pod.spec.containers[0].image.partition(":")[2]
        for pod in pods
        if pod.ready
    }


def rows(log: EventLog, kind: Kind) -> list[Row]:
    return list(log.rows(kind, object=NAME))


def test_pods_come_one_after_another_in_order(tmp_path: Path) -> None:
    """Each is created in the instant in which the one before is ready."""
    world = world_of(tmp_path)

    created = rows(world.log, Kind.POD_CREATED)
    ready = list(world.log.rows(Kind.POD_READY))

    assert [row.pod[-1] for row in created] == ["0", "1", "2"]
    assert [r.time_us for r in created[1:]] == [r.time_us for r in ready[:2]]
    assert world.api.pods["default/web-2"].labels[POD_INDEX] == "2"


def test_min_ready_seconds_are_waited_for_in_whole_seconds(tmp_path: Path) -> None:
    """The next pod comes so long after the second in which the last turned ready."""
    world = world_of(tmp_path, sets=(f"{SPEC}.minReadySeconds=7",))

    created = rows(world.log, Kind.POD_CREATED)
    ready = list(world.log.rows(Kind.POD_READY))

    for before, after in zip(ready, created[1:], strict=False):
        second = before.time_us - before.time_us % SECOND
        assert after.time_us == second + 7 * SECOND


def test_a_restart_replaces_the_pods_from_the_top(tmp_path: Path) -> None:
    """No pod is created before the one of its name is gone."""
    act = "{at: 2m, run: kubectl rollout restart statefulset/web}"
    world = world_of(tmp_path, act)

    deleted = [row.pod for row in rows(world.log, Kind.POD_DELETED)]
    there: set[str] = set()
    for row in world.log.rows(Kind.POD_CREATED, Kind.POD_GONE):
        assert (row.pod in there) is (row.kind is Kind.POD_GONE)
        there ^= {row.pod}

    assert deleted == ["default/web-2", "default/web-1", "default/web-0"]
    state = set_of(world)
    assert state.current == state.update
    assert {p.labels[REVISION_LABEL] for p in world.api.pods.values()} == {state.update}


def test_a_bad_image_stays_after_the_template_was_mended(tmp_path: Path) -> None:
    """Upstream's known issue: only somebody who deletes the pod gets it going."""
    stuck = world_of(tmp_path, BAD, MENDED)
    mended = world_of(tmp_path, BAD, MENDED, "{at: 8m, run: kubectl delete pod web-2}")

    assert images(stuck) == {"web-0": "v1", "web-1": "v1"}
    assert images(mended) == {"web-0": "v2", "web-1": "v2", "web-2": "v2"}


def test_parallel_heals_unless_the_gate_is_on(tmp_path: Path) -> None:
    """With maxUnavailable the broken pod uses the allowance up."""
    parallel = f"{SPEC}.podManagementPolicy=Parallel"
    gate = "featureGates={MaxUnavailableStatefulSet: true}"

    healed = world_of(tmp_path, BAD, MENDED, sets=(parallel,))
    stuck = world_of(tmp_path, BAD, MENDED, sets=(parallel, gate))

    assert set(images(healed).values()) == {"v2"}
    assert images(stuck) == {"web-0": "v1", "web-1": "v1"}


def test_the_partition_keeps_low_ordinals_even_when_deleted(tmp_path: Path) -> None:
    """A pod below it that is made again has the old revision."""
    update = "{at: 2m, run: kubectl set image sts/web web=r.example/web:v2}"
    strategy = f"{SPEC}.updateStrategy={{rollingUpdate: {{partition: 2}}}}"
    world = world_of(
        tmp_path, update, "{at: 5m, run: kubectl delete pod web-0}", sets=(strategy,)
    )

    assert images(world) == {"web-0": "v1", "web-1": "v1", "web-2": "v2"}
    assert set_of(world).current != set_of(world).update


def test_scaling_goes_up_and_down_by_ordinals(tmp_path: Path) -> None:
    """The highest ordinal goes first, and comes back last; ordinals may start later."""
    world = world_of(
        tmp_path,
        "{at: 2m, run: kubectl scale sts/web --replicas=1}",
        "{at: 5m, run: kubectl scale sts/web --replicas=2}",
        sets=(f"{SPEC}.ordinals={{start: 4}}",),
    )

    deleted = [row.pod for row in rows(world.log, Kind.POD_DELETED)]

    assert deleted == ["default/web-6", "default/web-5"]
    assert list(images(world)) == ["web-4", "web-5"]


def test_a_row_names_the_act_that_it_is_due_to(tmp_path: Path) -> None:
    """A pod that vanished is the cause of its successor, a command of the rest."""
    scale = "kubectl scale sts/web --replicas=4"
    world = world_of(
        tmp_path,
        f"{{at: 2m, run: {scale}}}",
        "{at: 5m, run: kubectl delete pod web-1}",
    )

    made = {
        row.pod: chain(world.log, row.row) for row in rows(world.log, Kind.POD_CREATED)
    }

    assert [r.kind for r in made["default/web-0"][1:]] == [Kind.APPLIED]
    assert [r.text for r in made["default/web-3"][1:]] == [scale]
    assert [r.kind for r in made["default/web-1"][1:]] == [
        Kind.POD_GONE,
        Kind.POD_DELETED,
        Kind.KUBECTL,
    ]


def test_a_deletion_names_its_own_act(tmp_path: Path) -> None:
    """What changed the template, or what changed the size, whichever it was."""
    update = "kubectl set image sts/web web=r.example/web:v2"
    scale = "kubectl scale sts/web --replicas=2"
    world = world_of(
        tmp_path,
        f"{{at: 2m, run: {update}}}",
        f"{{at: 2m1s, run: {scale}}}",
    )

    due_to = [
        (row.pod, chain(world.log, row.row)[-1].text)
        for row in rows(world.log, Kind.POD_DELETED)
    ]

    assert due_to == [(f"default/web-{n}", update) for n in (2, 1, 0)]


def test_a_pod_that_ended_is_made_again(tmp_path: Path) -> None:
    """As after an eviction by its node: it is deleted because of what it became."""
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    world = World(load_scenario(path).variants[0])

    def end() -> None:
        pod = world.api.pods["default/web-1"]
        failed = PodStatus(phase=Phase.FAILED, reason="Evicted")
        world.api.update_pod_status(pod, failed, pod.scheduled_row)

    world.env.call_after(MINUTE, end)
    world.run()

    (deleted,) = rows(world.log, Kind.POD_DELETED)
    assert deleted.pod == "default/web-1"
    assert chain(world.log, deleted.row)[1].kind is Kind.POD_READY
    assert len(images(world)) == 3


def test_the_history_is_kept_within_its_limit(tmp_path: Path) -> None:
    """Only what pods have, and the newest of the others, is remembered."""
    acts = [
        f"{{at: {minute}m, run: kubectl rollout restart sts/web}}"
        for minute in range(2, 6)
    ]

    short = world_of(tmp_path, *acts, sets=(f"{SPEC}.revisionHistoryLimit=1",))
    whole = world_of(tmp_path, *acts)

    assert len(set_of(short).revisions.all()) == 2
    assert len(set_of(whole).revisions.all()) == 5


def test_a_template_of_before_is_its_revision_again(tmp_path: Path) -> None:
    """Going back makes no new revision, but the old one the newest."""
    world = world_of(
        tmp_path,
        "{at: 2m, run: kubectl set image sts/web web=r.example/web:v2}",
        "{at: 6m, run: kubectl set image sts/web web=r.example/web:v1}",
    )

    state = set_of(world)

    assert len(state.revisions.all()) == 2
    assert state.named(state.revisions.all()[-1].hash) == state.update
    assert set(images(world).values()) == {"v1"}


def test_its_events_have_words_of_their_own(tmp_path: Path) -> None:
    """The StatefulSet is what they are about."""
    path = tmp_path / "s.yaml"
    path.write_text(
        SCENARIO + "timeline: [{at: 2m, run: kubectl scale sts/web --replicas=2}]\n"
    )

    log, meta = simulate(load_scenario(path).variants[0])
    told = [
        (event.reason, event.object, event.component, event.message)
        for event in kubernetes_events(log, meta)
        if event.component == "statefulset-controller"
    ]

    assert told[0] == (
        "SuccessfulCreate",
        "statefulset/web",
        "statefulset-controller",
        "create Pod web-0 in StatefulSet web successful",
    )
    assert told[-1][0] == "SuccessfulDelete"
    assert told[-1][3] == "delete Pod web-2 in StatefulSet web successful"


def test_a_container_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    """In kubectl's words."""
    act = "{at: 2m, run: kubectl set image sts/web app=r.example/web:v2}"

    with pytest.raises(ScenarioError, match='unable to find container named "app"'):
        world_of(tmp_path, act)


def test_the_pod_of_a_dead_node_is_waited_for(tmp_path: Path) -> None:
    """Nobody confirms its end, so its name is never free again."""
    world = world_of(tmp_path, "{at: 2m, nodeDies: n-1}")

    on_dead = [p for p in world.api.pods.values() if p.node == "n-1"]

    assert len(world.api.pods) == 3
    assert all(pod.terminating for pod in on_dead)


def test_a_daemon_set_cannot_be_scaled(tmp_path: Path) -> None:
    """It has no such subresource: the API server does not find it."""
    path = tmp_path / "s.yaml"
    path.write_text(
        SCENARIO.replace("StatefulSet", "DaemonSet").replace(
            "replicas: 3", "paused: no"
        )
        + "timeline: [{at: 2m, run: kubectl scale ds/web --replicas=2}]\n"
    )
    world = World(load_scenario(path).variants[0])

    world.run()

    (row,) = world.log.rows(Kind.KUBECTL)
    assert row.reason == (
        "Error from server (NotFound): the server could not find the requested resource"
    )


def test_an_undo_goes_back_to_the_revision_before(tmp_path: Path) -> None:
    """Its template is used again, under a new number."""
    world = world_of(
        tmp_path,
        "{at: 3m, run: kubectl set image sts/web web=r.example/web:v2}",
        "{at: 6m, run: kubectl rollout undo sts/web}",
    )

    assert set(images(world).values()) == {"v1"}
    controller = world.api.workloads["statefulset"]
    assert isinstance(controller, StatefulSetController)
    assert controller.rollout_history("default/statefulset/web") == [2, 3]
    assert controller.rollout_undo("default/statefulset/web", -1)
    assert controller.rollout_history("default/statefulset/web") == [3, 4]
