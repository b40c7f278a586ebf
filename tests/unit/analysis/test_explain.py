"""Explanations follow the record's links, name what is meant, and say when."""

import pytest

from sim.analysis.explain import chain, explain
from sim.errors import UnknownNameError
from sim.record.kinds import Kind
from sim.units import MINUTE, SECOND
from tests.record_factory import (
    HOST,
    IMAGE,
    WEB,
    Recorder,
    credential_gap,
    mixed_rollout,
    stale_pod,
)

SIDE = f"{HOST}/shop/side:1"


def world() -> Recorder:
    made = Recorder(v1=f"{HOST}/shop/web", v2=f"{HOST}/shop/web", s1=f"{HOST}/shop/s")
    made.push(0, "v1")
    made.push(0, "s1", SIDE)
    made.join(0, "a")
    made.apply(0, WEB)
    return made


def text(made: Recorder, target: str, at_us: int | None = None) -> str:
    done = made.finish()
    return explain(done.log, done.meta, target, at_us=at_us)


def test_content_comes_before_cause() -> None:
    """A cached image goes back to the push that its node once pulled."""
    made = stale_pod()
    *_, last = made.log.rows(Kind.STARTED)

    kinds = [row.kind for row in chain(made.log, last.row)]

    assert kinds == [
        Kind.STARTED,
        Kind.PRESENT,
        Kind.IMAGE_STORED,
        Kind.RESOLVED,
        Kind.TAG_PUSHED,
    ]


def test_a_stale_pod_is_told_with_both_its_chains() -> None:
    """Why this build, and why this pod."""
    made = stale_pod()

    told = explain(made.log, made.meta, "pod/web-1-bbbbb")

    assert "Container web runs the build v1" in told
    assert "was cached on worker-1 already, as v1: no pull" in told
    assert told.index("was pushed") < told.index("The pod is there because:")
    assert "kubectl scale deployment/web --replicas=2" in told


def test_a_node_without_credentials_is_the_end_of_the_chain() -> None:
    """The last step is the act that left the node without a credential."""
    made = credential_gap()

    told = explain(made.log, made.meta, "pod/web-1-bbbbb").split("\n\n")[1]

    assert "waits with ImagePullBackOff" in told
    assert told.endswith("8m  late joined, without a docker config")


def test_a_container_that_crashed_and_cannot_pull_waits() -> None:
    """What it does now counts, not how it ended."""
    made = world()
    pod = made.pod(0, WEB, "web-1", "a")
    made.start(5 * SECOND, pod)
    down = made.row(MINUTE, Kind.REGISTRY_DOWN, object=HOST)
    made.exit(2 * MINUTE, pod, code=1)
    made.fail(3 * MINUTE, pod, source=down)

    assert "Container web waits with ErrImagePull since 3m" in text(made, "pod/web-1")
    before = text(made, "pod/web-1", 2 * MINUTE)
    assert "Container web ended at 2m" in before


def test_a_deployment_tells_one_pod_of_each_build_and_since_when() -> None:
    """One pod is in the singular."""
    made = mixed_rollout()

    told = explain(made.log, made.meta, "deployment/web")

    assert "2 builds are in service, since 10m 6s." in told
    assert "2 pods run v1; web-1-aaaaa, for one, because:" in told
    assert "1 pod runs v2: web-1-ccccc, because:" in told


def test_mixed_since_survives_a_restart_of_the_old_build() -> None:
    """The overlap began when the second build came, whoever restarts later."""
    made = world()
    made.join(0, "b")
    pods = [made.pod(0, WEB, f"web-{n}", "a") for n in (1, 2)]
    for pod in pods:
        made.start(5 * SECOND, pod)
    made.push(MINUTE, "v2")
    made.start(2 * MINUTE - SECOND, made.pod(MINUTE, WEB, "web-3", "b"))
    for number, pod in enumerate(pods, start=3):
        made.exit(number * MINUTE, pod, code=1)
        made.start(number * MINUTE + SECOND, pod)

    assert "2 builds are in service, since 2m." in text(made, "deployment/web")


def test_a_sidecar_is_a_build_of_its_own_container() -> None:
    """Two containers with one build each are not mixed."""
    made = world()
    pod = made.pod(0, WEB, "web-1", "a", web=IMAGE, side=SIDE)
    made.start(5 * SECOND, pod)
    made.start(7 * SECOND, pod, "side")

    told = text(made, "deployment/web")

    assert "One build of each container is in service." in told
    assert "1 pod runs s1: web-1, because:" in told


def test_mixed_with_a_sidecar_names_the_container() -> None:
    """Which of the containers is mixed is said."""
    made = world()
    made.join(0, "b")
    for name, node in (("web-1", "a"), ("web-2", "b")):
        pod = made.pod(made.now_us, WEB, name, node, web=IMAGE, side=SIDE)
        made.start(made.now_us + 5 * SECOND, pod)
        made.start(made.now_us + SECOND, pod, "side")
        made.push(made.now_us, "v2")

    assert "2 builds of container web are in service" in text(made, "deployment/web")


def test_a_deployment_without_pods_is_known() -> None:
    """Refused pods are told of, with the API server's words."""
    made = world()
    row = made.row(MINUTE, Kind.SCALED_REPLICA_SET, object=WEB, amount=1, cause=3)
    made.row(MINUTE, Kind.ADMISSION_DENIED, object=WEB, text="forbidden", cause=row)

    told = text(made, "deployment/web")

    assert "No build is in service." in told
    assert "the API server refused: forbidden" in told


def test_pods_on_no_node_are_told_of() -> None:
    """A Deployment says how many fit nowhere, and the scheduler's reason for one."""
    made = world()
    for number in (1, 2):
        pod = made.pod(0, WEB, f"web-{number}")
        made.row(
            0,
            Kind.FAILED_SCHEDULING,
            pod=pod.name,
            text="0/1 nodes are available",
            cause=pod.created,
        )

    told = text(made, "deployment/web")

    assert "2 pods fit no node; web-1, for one, because:" in told
    assert "0/1 nodes are available" in told


def test_a_moment_hides_what_came_later() -> None:
    """At nine minutes nobody had heard of the late node's pod."""
    made = credential_gap()

    told = explain(made.log, made.meta, "deployment/web", at_us=9 * MINUTE)

    assert "deployment/web at 9m" in told
    assert "ImagePullBackOff" not in told
    with pytest.raises(UnknownNameError, match="was created at 10m"):
        explain(made.log, made.meta, "pod/web-1-bbbbb", at_us=9 * MINUTE)


def test_a_moment_after_the_end_is_the_end() -> None:
    """Nothing is known beyond the run."""
    made = stale_pod()

    told = explain(made.log, made.meta, "deployment/web", at_us=90 * MINUTE)

    assert told.startswith("deployment/web at 30m")


def test_a_pod_that_is_gone_says_why() -> None:
    """Its end has a chain too."""
    made = world()
    pod = made.pod(0, WEB, "web-1", "a")
    made.start(5 * SECOND, pod)
    drained = made.kubectl(MINUTE, WEB, "kubectl drain a")
    made.remove(MINUTE, pod, cause=drained)

    told = text(made, "pod/web-1")

    assert "It was gone at 1m 1s, because:" in told
    assert "gone" not in text(made, "pod/web-1", 30 * SECOND)


@pytest.mark.parametrize(
    "name", ["pod/web-1-a", "pod/default/web-1-a", "pod/web-1-aaaaa"]
)
def test_a_unique_beginning_will_do(name: str) -> None:
    """With or without the namespace."""
    made = stale_pod()

    assert explain(made.log, made.meta, name).startswith("pod web-1-aaaaa on worker-1")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("pod/web-1", "2 names: web-1-aaaaa, web-1-bbbbb"),
        ("pod/web-1-aabaa", "did you mean 'web-1-aaaaa'"),
        ("deployment/wep", "did you mean 'web'"),
        ("deployment/api", "there are: web"),
        ("node/a", "expected pod/NAME, deployment/NAME, statefulset/NAME"),
        ("web", "expected pod/NAME, deployment/NAME, statefulset/NAME"),
    ],
)
def test_a_name_that_means_nothing_gets_help(target: str, told: str) -> None:
    """Ambiguous names list what they may mean, unknown ones what is near."""
    made = stale_pod()

    with pytest.raises(UnknownNameError) as caught:
        explain(made.log, made.meta, target)

    assert told in str(caught.value)
