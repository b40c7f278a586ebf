"""The answer says what runs, who waits, and why: whatever happened."""

from collections.abc import Callable

import pytest

from sim.analysis.answer import LINES, answer
from sim.analysis.tables import derive
from sim.record.kinds import Kind
from sim.units import MINUTE, SECOND
from tests.record_factory import (
    HOST,
    IMAGE,
    WEB,
    Recorded,
    Recorder,
    credential_gap,
    mixed_rollout,
    stale_pod,
)

SIDE = f"{HOST}/shop/side:1"
ONE = "deployment/web ran one build throughout: "


def told(made: Recorded, language: str = "en") -> list[str]:
    return answer(made.log, made.meta, derive(made.log, made.meta), language)


def world() -> Recorder:
    made = Recorder(v1=f"{HOST}/shop/web", v2=f"{HOST}/shop/web", s1=f"{HOST}/shop/s")
    made.push(0, "v1")
    made.push(0, "s1", SIDE)
    for node in ("a", "b"):
        made.join(0, node)
    made.apply(0, WEB)
    return made


def nothing() -> Recorded:
    return Recorder().finish()


def unmoved() -> Recorded:
    made = world()
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a"))
    return made.finish()


def moved_for_nobody() -> Recorded:
    made = world()
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a"))
    made.push(MINUTE, "v2")
    return made.finish()


def moved_before() -> Recorded:
    made = world()
    made.push(SECOND, "v2")
    made.start(5 * SECOND, made.pod(SECOND, WEB, "web-1", "a"))
    return made.finish()


def pushed_again() -> Recorded:
    made = world()
    made.push(SECOND, "v1")
    made.start(5 * SECOND, made.pod(SECOND, WEB, "web-1", "a"))
    made.start(MINUTE, made.pod(MINUTE, WEB, "web-2", "b"))
    return made.finish()


def another_tag_moved() -> Recorded:
    made = world()
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a"))
    made.push(MINUTE, "v2", SIDE)
    made.start(2 * MINUTE, made.pod(2 * MINUTE, WEB, "web-2", "b"))
    return made.finish()


def by_digest() -> Recorded:
    image = f"{HOST}/shop/web@sha256:{'7631'.ljust(64, '0')}"
    made = world()
    made.push(0, "v1", image)
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a", web=image))
    return made.finish()


def with_sidecar() -> Recorded:
    made = world()
    pod = made.pod(0, WEB, "web-1", "a", web=IMAGE, side=SIDE)
    made.start(5 * SECOND, pod)
    made.start(7 * SECOND, pod, "side")
    return made.finish()


def always() -> Recorded:
    """A running container keeps its build; the node's copy is beside the point."""
    made = world()
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a"), always=True)
    made.push(MINUTE, "v2")
    made.start(2 * MINUTE, made.pod(MINUTE, WEB, "web-2", "a"), always=True)
    return made.finish()


def cached_and_mixed() -> Recorded:
    """After the push one pod finds the old build cached, one pulls the new one."""
    made = world()
    made.start(5 * SECOND, made.pod(0, WEB, "web-1", "a"))
    made.push(MINUTE, "v2")
    for name, node in (("web-2", "a"), ("web-3", "b")):
        made.start(made.now_us + 5 * SECOND, made.pod(made.now_us, WEB, name, node))
    return made.finish()


def recreated() -> Recorded:
    made = world()
    old = made.pod(0, WEB, "web-1", "a")
    made.start(5 * SECOND, old)
    made.push(MINUTE, "v2")
    made.remove(MINUTE, old, cause=made.kubectl(MINUTE, WEB, "kubectl replace"))
    made.start(2 * MINUTE, made.pod(2 * MINUTE - SECOND, WEB, "web-2", "b"))
    return made.finish()


def baked() -> Recorded:
    made = world()
    made.bake("a", "v1")
    made.bake("b", "v2")
    for name, node in (("web-1", "a"), ("web-2", "b")):
        made.start(made.now_us + SECOND, made.pod(made.now_us, WEB, name, node))
    return made.finish()


@pytest.mark.parametrize(
    ("happened", "last"),
    [
        (nothing, "Nothing was started."),
        (unmoved, f"{ONE}no tag that it uses was moved"),
        (another_tag_moved, f"{ONE}no tag that it uses was moved"),
        (pushed_again, f"{ONE}no tag that it uses was moved"),
        (moved_for_nobody, f"{ONE}{IMAGE} was moved, but nothing started after"),
        (moved_before, f"{ONE}it first started after {IMAGE} had been moved"),
        (stale_pod, f"{ONE}{IMAGE} was moved, but pods that started later found"),
        (by_digest, f"{ONE}its image is named by digest"),
        (with_sidecar, "deployment/web ran one build of each container throughout"),
        (always, f"{IMAGE} was moved to v2 at 1m, and a container that runs keeps"),
        (cached_and_mixed, f"{IMAGE} was moved to v2 at 1m, and each node keeps"),
        (mixed_rollout, "deployment/web has run more than one build since 10m 6s"),
        (recreated, "deployment/web went from v1 to v2 at 2m 1s, never running both"),
        (baked, f"nodes were baked with different builds of {IMAGE}"),
    ],
)
def test_the_last_line_says_why(happened: Callable[[], Recorded], last: str) -> None:
    """Each reason is one that the record shows."""
    assert last in told(happened())[-1]


def test_a_wait_is_blamed_on_the_act_behind_it() -> None:
    """Who, since when, and what left the node without a credential."""
    lines = told(credential_gap())

    assert lines[0] == (
        "At 30m, deployment/web: 1 pod runs v1, 1 waits with ImagePullBackOff."
    )
    assert lines[1] == (
        "web-1-bbbbb waits for its image since 10m 2s: "
        "late joined, without a docker config."
    )


def never(made: Recorder, at_us: int, name: str) -> None:
    """A pod whose policy is Never finds no image."""
    pod = made.pod(at_us, WEB, name, "a")
    columns = {"pod": pod.name, "node": "a", "container": "web", "image": IMAGE}
    ids = {key: made.log.names.id(value) for key, value in columns.items()}
    made.now_us = at_us + SECOND
    row = made.log.append(Kind.NEVER_PULL, **ids, cause=pod.scheduled)
    reason = made.log.names.id("ErrImageNeverPull")
    row = made.log.append(Kind.START_FAILED, **ids, reason=reason, cause=row)
    made.wait(at_us + SECOND, pod, "ErrImageNeverPull", row)


def test_a_wait_with_no_act_behind_it_says_what_failed() -> None:
    """That the Deployment was applied is no reason; waits of one kind are one line."""
    made = world()
    for number in range(3):
        never(made, number * MINUTE, f"web-{number}")

    (line,) = told(made.finish())[1:]

    assert line == (
        f"web-0 and 2 more wait for their image since 1s: {IMAGE} was not there for "
        "web-0, and its policy is Never."
    )


def test_two_waits_with_a_run_between_are_two() -> None:
    """The time in which a container ran is no wait."""
    made = world()
    down = made.row(0, Kind.REGISTRY_DOWN, object=HOST)
    pod = made.pod(0, WEB, "web-1", "a")
    made.fail(MINUTE, pod, source=down)
    made.start(2 * MINUTE, pod)
    made.exit(20 * MINUTE, pod, code=1)
    down = made.row(20 * MINUTE, Kind.REGISTRY_DOWN, object=HOST)
    made.fail(21 * MINUTE, pod, source=down)

    lines = told(made.finish())

    assert any("waits for its image since 21m" in line for line in lines)
    assert any("waited for its image from 1m to 2m 1s" in line for line in lines)


def test_pods_on_no_node_and_refused_pods_are_told_of() -> None:
    """Failures before the kubelet are failures too."""
    made = world()
    pod = made.pod(MINUTE, WEB, "web-1")
    made.row(
        MINUTE,
        Kind.FAILED_SCHEDULING,
        pod=pod.name,
        text="0/1 nodes are available.",
        cause=pod.created,
    )
    other = "default/deployment/api"
    made.row(MINUTE, Kind.ADMISSION_DENIED, object=other, text="forbidden", cause=0)

    lines = told(made.finish())

    assert lines == [
        "At 30m, deployment/web: 1 fits no node.",
        "Since 1m: web-1 fitted no node: 0/1 nodes are available.",
        "deployment/api, at 1m: the API server refused: forbidden.",
    ]


def test_trouble_is_told_before_calm() -> None:
    """With more workloads than lines, those that wait come first."""
    made = world()
    for number in range(7):
        workload = f"default/deployment/calm{number}"
        made.apply(made.now_us, workload)
        pod = made.pod(made.now_us, workload, f"calm{number}-1", "a")
        made.start(made.now_us + SECOND, pod)
    never(made, MINUTE, "web-1")

    lines = told(made.finish())

    assert len(lines) == LINES
    assert lines[0].startswith("At 30m, deployment/web: 1 waits")
    assert lines[-1].startswith("web-1 waits for its image")


@pytest.mark.parametrize("happened", [stale_pod, mixed_rollout, credential_gap])
def test_korean_says_as_much(happened: Callable[[], Recorded]) -> None:
    """As many lines, in other words, with Kubernetes' own words kept."""
    english, korean = told(happened()), told(happened(), "ko")

    assert len(english) == len(korean)
    assert all(e != k for e, k in zip(english, korean, strict=True))
    assert all("deployment/web" in k or "web-1-bbbbb" in k for k in korean)
