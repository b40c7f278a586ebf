"""What the image manager counts of what it was asked for."""

import pytest

from sim.cluster.clock import Clock
from sim.rules.backoff import BackOff
from sim.scenario.model import KubeletConfiguration, PodSpec
from sim.units import SECOND
from tests.conformance.adapters.ensure_image import Desk, bare_pod
from tests.conformance.adapters.kubelet_stand_ins import Entry, TableRuntime

HERE, MISSING = "registry.example/here:v1", "registry.example/missing:v1"


def counts(image: str, policy: str, *, times: int, error: str = "") -> dict[str, int]:
    """How often each answer was counted: policy, present, pull required."""
    runtime = TableRuntime(env=Clock(), table={}, status_error=error)
    runtime.store(HERE, Entry(id="here", size=1, pull_us=0))
    runtime.table[MISSING] = Entry(id="", size=1, pull_us=0, error="no such image")
    desk = Desk(
        runtime, KubeletConfiguration(), BackOff(10 * SECOND, 300 * SECOND), None
    )
    pod = bare_pod("pod", desk.log.names.id("default/pod"), PodSpec(containers=()))
    for number in range(times):
        asked = desk.ensure(pod, image, policy, number)
        desk.env.run(until=desk.env.process(asked))
    return {
        ",".join(request.labels.values()): count
        for request, count in desk.manager.requests.counts.items()
    }


@pytest.mark.parametrize(
    ("image", "policy", "error", "counted"),
    [
        (HERE, "IfNotPresent", "", "ifnotpresent,true,false"),
        (HERE, "Never", "", "never,true,false"),
        (HERE, "Always", "", "always,unknown,true"),
        (MISSING, "IfNotPresent", "", "ifnotpresent,false,true"),
        (MISSING, "Never", "", "never,false,unknown"),
        (HERE, "IfNotPresent", "is busy", "ifnotpresent,unknown,unknown"),
        ("UPPER:v1", "IfNotPresent", "", "ifnotpresent,unknown,unknown"),
    ],
)
def test_every_question_is_counted_once(
    image: str, policy: str, error: str, counted: str
) -> None:
    """By what was known of the image when it was decided."""
    assert counts(image, policy, times=3, error=error) == {counted: 3}
