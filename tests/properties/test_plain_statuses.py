"""A status that pods share is the one that would be made for each."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.kubelet.pod_status import _generate, generate
from sim.cluster.objects import Pod
from sim.cluster.runtime.sandbox import ContainerRecord, ContainerState, Sandbox
from sim.scenario.model import Container, PodSpec

NAMES = ("app", "proxy", "setup")
SPECS = tuple(
    PodSpec(
        containers=tuple(Container(name=name, image=f"{name}:v1") for name in regular),
        init_containers=tuple(Container(name=name, image="setup:v1") for name in inits),
    )
    for regular in (NAMES[:1], NAMES[:2])
    for inits in ((), NAMES[2:])
)
changes = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from((0, 0, 0, 1)),
    st.sampled_from(ContainerState),
    st.sampled_from(("v1", "v2")),
)


def pod(spec: PodSpec) -> Pod:
    """A new pod."""
    return Pod(
        namespace="default",
        name="web",
        spec=spec,
        labels={},
        owner="",
        replica_set="",
        created_us=0,
    )


@settings(max_examples=300)
@given(
    spec=st.sampled_from(SPECS),
    lives=st.lists(st.lists(changes | st.booleans(), max_size=8), min_size=1),
)
def test_plain_statuses_are_those_of_each_pod(
    spec: PodSpec, lives: list[list[tuple[str, int, ContainerState, str] | bool]]
) -> None:
    """Of pods of one spec, whatever the others went through."""
    for life in lives:
        one, snapshot = pod(spec), Snapshot()
        sandbox = Sandbox(one)
        for at_us, change in enumerate(life):
            if isinstance(change, bool):
                sandbox.is_up(up=change)
            else:
                name, attempt, state, build = change
                record = ContainerRecord(
                    name=name,
                    attempt=attempt,
                    state=state,
                    asked=f"{name}:v1",
                    image=f"r/{name}:v1",
                    image_id=f"r/{name}@{build}",
                    digest=-1,
                    row=-1,
                    finished_us=at_us if state is ContainerState.EXITED else 0,
                )
                sandbox.put(record)
            snapshot.read(sandbox, at_us)
            made = generate(one, snapshot, {})
            assert made == _generate(one, snapshot, {}, frozenset())
            one.status = made
