"""The Deployment controller on one cluster with a stand-in for the kubelets."""

from dataclasses import replace
from typing import Any

import pytest

from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.refusals import RefusedError
from sim.cluster.objects import Phase, PodStatus
from sim.record.kinds import Kind
from sim.rules.deployment_status import (
    AVAILABLE,
    COMPLETE,
    EXCEEDED,
    NOT_AVAILABLE,
    PAUSED,
    RESUMED,
    UPDATED,
)
from sim.scenario.model import Container, Deployment, PodSpec, PodTemplate
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.rollouts import NAME, Rollout

CONFIG: dict[str, Any] = {
    "image": "v1",
    "max_surge": "25%",
    "max_unavailable": "25%",
    "min_ready_s": 0,
    "progress_deadline_s": 60,
    "ready_ms": {"v1": 1000, "v2": 1000, "v3": 1000, "broken": None},
    "replicas": 4,
    "start_subsecond_ms": 0,
    "strategy": "RollingUpdate",
    "term_ms": 1000,
    "term_not_ready_ms": 100,
}


class Cluster(Rollout):
    """A replay without a recording."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(CONFIG | changes, 1)

    def wait(self, seconds: float) -> None:
        self.run(self.env.now + round(seconds * SECOND))
        self.env.run(self.env.now + 1)

    def set_image(self, image: str) -> None:
        self.api.set_image("default", "deployment", "web", {"*": image}, -1)

    def respec(self, **changes: Any) -> None:
        self.controller.apply(replace(self.deployment.spec, **changes), -1)

    def sizes(self) -> dict[str, int]:
        return {
            one.template.spec.containers[0].image: one.replicas
            for one in self.deployment.sets
        }

    def revisions(self) -> dict[str, int]:
        return {
            one.template.spec.containers[0].image: one.revision
            for one in self.deployment.sets
        }


@pytest.fixture
def cluster() -> Cluster:
    started = Cluster()
    started.wait(5)
    return started


def progressing(cluster: Cluster) -> str:
    state: DeploymentState = cluster.deployment
    return state.progressing


@pytest.mark.parametrize(
    ("replicas", "old", "new"), [(3, 3, 1), (4, 3, 2), (10, 8, 5), (100, 75, 50)]
)
def test_where_a_broken_image_comes_to_stand(replicas: int, old: int, new: int) -> None:
    """25 % and 25 %: what is left of the old pods, and how many new ones hang."""
    cluster = Cluster(replicas=replicas)
    cluster.wait(5)

    cluster.set_image("broken")
    cluster.wait(30)

    assert cluster.sizes() == {"v1": old, "broken": new}
    assert cluster.deployment.status.unavailable == new


def test_passes_do_not_grow_with_the_pods_that_turn_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first, the one that is enough and the last are worth a pass, others not."""
    passes: list[str] = []
    one_pass = DeploymentController._sync

    def noted_pass(controller: DeploymentController, name: str) -> None:
        passes.append(name)
        one_pass(controller, name)

    monkeypatch.setattr(DeploymentController, "_sync", noted_pass)

    def count(replicas: int) -> int:
        passes.clear()
        cluster = Cluster(replicas=replicas, stagger_ms=100)
        cluster.wait(5)
        assert cluster.deployment.status.available == replicas
        assert progressing(cluster) == COMPLETE
        return len(passes)

    assert count(200) == count(20) <= 5


def test_a_pod_that_only_runs_is_not_counted_as_one_more() -> None:
    """Its phase is news of it too; what counts is that it turns ready."""
    cluster = Cluster(replicas=20, stagger_ms=100)
    cluster.run(1150 * MILLISECOND)
    before = cluster.deployment.status
    assert 0 < before.available < 19
    waiting = [pod for pod in cluster.api.pods.values() if not pod.ready]

    cluster.api.update_pod_status(waiting[0], PodStatus(phase=Phase.RUNNING), -1)
    cluster.env.run(cluster.env.now + 1)

    assert cluster.deployment.status == before


def test_pods_that_turn_ready_one_by_one_are_available_one_by_one() -> None:
    """Each five seconds after its own second."""
    cluster = Cluster(replicas=7, stagger_ms=1000, min_ready_s=5)
    available = []

    for second in range(1, 15):
        cluster.run(second * SECOND)
        available.append(cluster.deployment.status.available)

    assert available == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]


def test_the_deadline_is_noticed_a_second_late(cluster: Cluster) -> None:
    """After it nothing is rolled back; undo recovers and says so."""
    cluster.set_image("broken")
    started = cluster.env.now
    cluster.wait(100)

    late = next(
        row
        for row in cluster.log.rows(Kind.DEPLOYMENT_CONDITION)
        if row.text.endswith(EXCEEDED)
    )
    assert late.time_us == started // SECOND * SECOND + 61 * SECOND
    assert cluster.sizes() == {"v1": 3, "broken": 2}
    cluster.controller.rollout_undo(NAME, -1)
    cluster.wait(5)

    assert cluster.sizes() == {"v1": 4, "broken": 0}
    assert progressing(cluster) == COMPLETE


def test_undo_uses_the_old_set_again_under_a_new_number(cluster: Cluster) -> None:
    """The set keeps the number it had as a past one."""
    cluster.set_image("v2")
    cluster.wait(10)
    assert cluster.controller.rollout_history(NAME) == [1, 2]

    assert cluster.controller.rollout_undo(NAME, -1)
    cluster.wait(10)

    assert cluster.revisions() == {"v1": 3, "v2": 2}
    assert cluster.deployment.sets[0].past_revisions == [1]
    assert not cluster.controller.rollout_undo(NAME, -1, to_revision=3)
    assert cluster.controller.rollout_undo(NAME, -1, to_revision=2)


def test_refusals_in_kubectl_s_words(cluster: Cluster) -> None:
    """Each with the text that kubectl prints."""
    controller = cluster.controller
    with pytest.raises(RefusedError) as refused:
        controller.rollout_undo(NAME, -1)
    assert str(refused.value) == (
        'error: no rollout history found for deployment "web"'
    )
    with pytest.raises(RefusedError, match="unable to find specified revision 9 in"):
        controller.rollout_undo(NAME, -1, to_revision=9)
    with pytest.raises(RefusedError, match=r'deployments\.apps "web" is not paused'):
        controller.pause(NAME, -1, paused=False)

    controller.pause(NAME, -1, paused=True)

    with pytest.raises(
        RefusedError, match=r'deployments\.apps "web" is already paused'
    ):
        controller.pause(NAME, -1, paused=True)
    with pytest.raises(RefusedError, match="can't restart paused deployment"):
        controller.rollout_restart(NAME, -1)
    with pytest.raises(RefusedError, match="cannot rollback a paused deployment"):
        controller.rollout_undo(NAME, -1, to_revision=1)


def test_a_paused_deployment_scales_but_does_not_roll(cluster: Cluster) -> None:
    """The old set takes the new size; on resuming the rollout starts."""
    cluster.controller.pause(NAME, -1, paused=True)
    cluster.set_image("v2")
    cluster.controller.scale(NAME, 6, -1)
    cluster.wait(10)
    assert cluster.sizes() == {"v1": 6}
    assert progressing(cluster) == PAUSED

    cluster.controller.pause(NAME, -1, paused=False)
    cluster.wait(30)

    assert cluster.sizes() == {"v1": 0, "v2": 6}
    texts = [row.text for row in cluster.log.rows(Kind.DEPLOYMENT_CONDITION)]
    assert f"Progressing={RESUMED}" in texts


def test_scaling_during_a_rollout_is_spread(cluster: Cluster) -> None:
    """3 old and 2 broken of at most 5 become 6 and 4 of at most 10."""
    cluster.set_image("broken")
    cluster.wait(10)
    assert cluster.sizes() == {"v1": 3, "broken": 2}

    cluster.controller.scale(NAME, 8, -1)
    cluster.env.run(cluster.env.now + 1)

    assert cluster.sizes() == {"v1": 6, "broken": 4}


@pytest.mark.parametrize(("replicas", "each"), [(12, 6), (4, 2)])
def test_scaling_is_spread_also_over_sets_that_are_available(
    replicas: int, each: int
) -> None:
    """Even if the current one is as large already as the whole is to be."""
    cluster = Cluster(replicas=8, max_surge=0, max_unavailable="50%")
    cluster.wait(5)
    cluster.set_image("v2")
    cluster.env.run(cluster.env.now + 1)
    cluster.controller.pause(NAME, -1, paused=True)
    cluster.wait(5)
    assert cluster.sizes() == {"v1": 4, "v2": 4}
    assert cluster.deployment.status.available == 8

    cluster.controller.scale(NAME, replicas, -1)
    cluster.env.run(cluster.env.now + 1)

    assert cluster.sizes() == {"v1": each, "v2": each}


def test_a_pause_does_not_keep_old_pods_once_the_current_set_is_full() -> None:
    """Of two full sets a paused Deployment needs but the current one."""
    cluster = Cluster(max_surge="100%", max_unavailable=0)
    cluster.wait(5)
    cluster.set_image("v2")
    cluster.env.run(cluster.env.now + 1)
    cluster.controller.pause(NAME, -1, paused=True)
    assert cluster.sizes() == {"v1": 4, "v2": 4}

    cluster.wait(5)

    assert cluster.sizes() == {"v1": 0, "v2": 4}


def test_scaling_to_nothing_takes_the_older_of_two_equal_sets_first() -> None:
    """Nothing is added, however large the surge."""
    cluster = Cluster(replicas=2, max_surge=5, max_unavailable=0)
    cluster.wait(5)
    cluster.set_image("broken")
    cluster.wait(5)
    old, new = cluster.deployment.sets
    assert (old.replicas, new.replicas) == (2, 2)
    before = len(cluster.log)

    cluster.controller.scale(NAME, 0, -1)
    cluster.env.run(cluster.env.now + 1)

    sized = [r for r in cluster.log.rows(Kind.SCALED_REPLICA_SET) if r.row >= before]
    assert [(row.text, row.amount) for row in sized] == [(old.name, 0), (new.name, 0)]


def test_scaling_to_nothing_and_back(cluster: Cluster) -> None:
    """The current set grows again, whatever the others have been."""
    cluster.set_image("v2")
    cluster.wait(20)
    cluster.controller.scale(NAME, 0, -1)
    cluster.wait(20)
    assert cluster.sizes() == {"v1": 0, "v2": 0}
    assert cluster.deployment.conditions["Available"] == AVAILABLE

    cluster.controller.scale(NAME, 3, -1)
    cluster.wait(20)

    assert cluster.sizes() == {"v1": 0, "v2": 3}


def test_a_third_template_during_a_stuck_rollout(cluster: Cluster) -> None:
    """The broken pods go first, then the old ones."""
    cluster.set_image("broken")
    cluster.wait(10)

    cluster.set_image("v2")
    cluster.wait(20)

    assert cluster.sizes() == {"v1": 0, "broken": 0, "v2": 4}
    assert cluster.revisions() == {"v1": 1, "broken": 2, "v2": 3}


def test_recreate_waits_until_the_last_old_pod_has_gone() -> None:
    """Nothing runs in between; a set that is used again has its number at once."""
    cluster = Cluster(strategy="Recreate", term_ms=30_000)
    cluster.wait(5)
    cluster.set_image("v2")
    cluster.wait(10)
    assert cluster.sizes() == {"v1": 0}
    cluster.wait(60)
    assert cluster.sizes() == {"v1": 0, "v2": 4}

    cluster.controller.rollout_undo(NAME, -1)
    cluster.wait(10)

    assert cluster.sizes() == {"v1": 0, "v2": 0}
    assert cluster.revisions() == {"v1": 3, "v2": 2}


def test_recreate_does_not_wait_for_pods_that_ended() -> None:
    """A pod that failed runs no more, though its object is still there."""
    cluster = Cluster(strategy="Recreate", replicas=1, term_ms=300_000)
    cluster.wait(5)
    (pod,) = cluster.api.pods.values()
    cluster.api.update_pod_status(pod, PodStatus(phase=Phase.FAILED), -1)
    cluster.wait(5)
    assert len(cluster.api.pods) == 2  # the failed one and its replacement
    (live,) = (one for one in cluster.api.pods.values() if one is not pod)

    cluster.set_image("v2")
    cluster.wait(5)
    cluster.api.remove_pod(live, -1)
    cluster.wait(5)

    assert cluster.sizes() == {"v1": 0, "v2": 1}


def test_a_pod_is_available_by_whole_seconds() -> None:
    """Ready at 1.2 s of the clock's 0.9: from 2 s of it on, five seconds long."""
    cluster = Cluster(min_ready_s=5, start_subsecond_ms=900, ready_ms={"v1": 1200})

    cluster.run(6_099 * MILLISECOND)
    assert cluster.deployment.status.available == 0
    assert cluster.deployment.conditions["Available"] == NOT_AVAILABLE
    cluster.run(6_100 * MILLISECOND)

    assert cluster.deployment.status.available == 4


def test_another_min_ready_time_counts_for_pods_that_are_there() -> None:
    """The current set takes it over at once."""
    cluster = Cluster(min_ready_s=600)
    cluster.wait(10)
    assert cluster.deployment.status.available == 0

    cluster.respec(min_ready_us=0)
    cluster.wait(1)

    assert cluster.deployment.status.available == 4


def test_old_sets_beyond_the_limit_are_deleted_when_a_rollout_is_over() -> None:
    """Lowest revision first, and only sets without pods."""
    cluster = Cluster()
    cluster.respec(revision_history_limit=1)
    cluster.wait(5)
    for image in ("v2", "v3"):
        cluster.set_image(image)
        cluster.wait(20)

    assert cluster.sizes() == {"v2": 0, "v3": 4}
    assert cluster.controller.rollout_history(NAME) == [2, 3]


def test_a_pause_forgets_old_sets_too(cluster: Cluster) -> None:
    """As upstream: cleaning up does not wait for a rollout then."""
    cluster.set_image("v2")
    cluster.wait(20)
    cluster.respec(revision_history_limit=0, paused=True)
    cluster.wait(1)

    assert cluster.sizes() == {"v2": 4}


def test_writing_the_same_again_changes_nothing(cluster: Cluster) -> None:
    """No row, no rollout."""
    rows = len(cluster.log)

    cluster.controller.apply(cluster.deployment.spec, -1)
    cluster.wait(5)

    assert len(cluster.log) == rows


def written(image: str, policy: str = "") -> Deployment:
    container = Container(name="c", image=image, image_pull_policy=policy)
    spec = PodSpec(containers=(container,))
    template = PodTemplate(labels={"app": "web"}, annotations={}, spec=spec)
    return Deployment(namespace="default", name="new", replicas=1, template=template)


def policy_of(cluster: Cluster) -> str:
    template = cluster.controller.template_of("default/deployment/new")
    assert template is not None
    return template.spec.containers[0].image_pull_policy


def test_apply_keeps_and_replace_recomputes_the_pull_policy(cluster: Cluster) -> None:
    """What was filled in stays under apply; a whole new object is filled in anew."""
    cluster.api.apply(written("app:v1"), -1)
    cluster.api.apply(written("app:latest"), -1)
    assert policy_of(cluster) == "IfNotPresent"

    cluster.api.replace(written("app:latest"), -1)
    assert policy_of(cluster) == "Always"

    cluster.api.apply(written("app:v1", "Never"), -1)
    cluster.api.apply(written("app:v1"), -1)
    assert policy_of(cluster) == "IfNotPresent"
    assert cluster.controller.template_of("default/deployment/none") is None


def test_every_row_of_a_rollout_goes_back_to_the_act(cluster: Cluster) -> None:
    """Sizes, pods and conditions name a cause, and the chain ends at the command."""
    command = cluster.log.append(Kind.KUBECTL)
    cluster.api.set_image("default", "deployment", "web", {"*": "v2"}, command)
    cluster.wait(20)

    kinds = (Kind.SCALED_REPLICA_SET, Kind.POD_CREATED, Kind.POD_DELETED)
    rows = [row for row in cluster.log.rows(*kinds) if row.row > command]
    assert rows
    for row in rows:
        cause = row.cause
        while cause > command:
            cause = cluster.log[cause].cause
        assert cause == command, row
    assert progressing(cluster) in (UPDATED, COMPLETE)


def test_a_settled_deployment_has_nothing_to_size() -> None:
    """From its one full set on; a change of the spec or an old set unsettles it."""
    cluster = Cluster()
    assert cluster.deployment.settled is None
    cluster.wait(5)
    assert cluster.deployment.settled is cluster.deployment.spec
    assert cluster.deployment.settles()

    cluster.respec(replicas=6)
    assert cluster.deployment.settled is not cluster.deployment.spec
    cluster.wait(5)
    assert cluster.deployment.settled is cluster.deployment.spec

    cluster.set_image("v2")
    cluster.wait(20)
    assert cluster.deployment.settled is None
    assert cluster.sizes() == {"v1": 0, "v2": 6}


def test_a_settled_deployment_still_says_what_is_available() -> None:
    """Its pods may fail; that is a change of status alone."""
    cluster = Cluster()
    cluster.wait(5)
    pods = [pod for one in cluster.deployment.sets for pod in one.pods.values()]

    for pod in pods[:2]:
        cluster.api.update_pod_status(pod, PodStatus(phase=Phase.RUNNING), -1)
    cluster.env.run(cluster.env.now + 1)

    assert cluster.deployment.conditions["Available"] == NOT_AVAILABLE
