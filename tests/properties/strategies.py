"""Random small worlds: one Deployment, a few nodes, a tag that moves, trouble."""

from collections.abc import Sequence

from hypothesis import strategies as st

from sim.scenario import model
from sim.units import MINUTE, SECOND

HOST = "registry.example"
IMAGE = f"{HOST}/shop/web"
REFERENCE = f"{IMAGE}:stable"
UNTIL_US = 20 * MINUTE
BUILDS = ("v1", "v2", "v3")


def image() -> model.Image:
    """Three builds that share all but their top layer; ``stable`` is the first."""
    base = model.Layer(
        name="base", size_bytes=30_000_000, unpacked_bytes=81_000_000, files=800
    )
    builds = {}
    for number, name in enumerate(BUILDS):
        size = 5_000_000 + number
        top = model.Layer(
            name="app", size_bytes=size, unpacked_bytes=2 * size, files=50
        )
        builds[name] = model.Build(name=name, layers=(base, top))
    return model.Image(name=IMAGE, builds=builds, tags={"stable": "v1"})


PINNED = f"{IMAGE}@{image().builds['v1'].digest}"


def deployment(
    replicas: int, reference: str, policy: str, secrets: tuple[str, ...]
) -> model.Deployment:
    """A Deployment of one image; with an init container if its size is odd."""
    container = model.Container(name="web", image=reference, image_pull_policy=policy)
    first = model.Container(name="first", image=reference, image_pull_policy=policy)
    spec = model.PodSpec(
        containers=(container,),
        init_containers=(first,) if replicas % 2 else (),
        image_pull_secrets=secrets,
    )
    template = model.PodTemplate(labels={"app": "web"}, annotations={}, spec=spec)
    return model.Deployment(
        namespace="default", name="web", replicas=replicas, template=template
    )


def _secret(name: str, text: str) -> model.Secret:
    return model.Secret(
        namespace="default",
        name=name,
        type="kubernetes.io/dockerconfigjson",
        data={".dockerconfigjson": text},
    )


CONFIG = '{"auths":{"registry.example":{"username":"u","password":"p"}}}'
WEB = {"namespace": "default", "kind": "deployment", "name": "web"}
times = st.integers(1, UNTIL_US // SECOND - 1).map(lambda s: s * SECOND)

Actions = dict[type[model.Action], st.SearchStrategy[model.Action]]


def _actions(nodes: int) -> Actions:
    """Return how each kind of act is drawn."""
    node = st.integers(1, nodes).map(lambda n: f"worker-{n}")
    return _of_people(node) | _of_the_world(node)


def _of_people(node: st.SearchStrategy[str]) -> Actions:
    names = st.sampled_from(["good", "bad", "gone"])
    return {
        model.Push: st.builds(
            model.Push,
            at_us=times,
            image=st.just(IMAGE),
            tag=st.just("stable"),
            build=st.sampled_from(BUILDS),
        ),
        model.Scale: st.builds(
            lambda at, n: model.Scale(
                at_us=at, command="kubectl scale", replicas=n, **WEB
            ),
            times,
            st.integers(0, 5),
        ),
        model.RolloutRestart: st.builds(
            lambda at: model.RolloutRestart(at_us=at, command="restart", **WEB), times
        ),
        model.Drain: st.builds(
            lambda at, name: model.Drain(
                at_us=at, command=f"kubectl drain {name}", node=name
            ),
            times,
            node,
        ),
        model.DeleteSecret: st.builds(
            model.DeleteSecret, at_us=times, namespace=st.just("default"), name=names
        ),
        model.ApplySecret: st.builds(
            model.ApplySecret, at_us=times, secret=st.just(_secret("gone", CONFIG))
        ),
    }


def _of_the_world(node: st.SearchStrategy[str]) -> Actions:
    return {
        model.Crash: st.builds(
            lambda at, count: model.Crash(
                at_us=at,
                namespace="default",
                kind="deployment",
                name="web",
                count=count,
            ),
            times,
            st.integers(1, 3),
        ),
        model.NodeDies: st.builds(model.NodeDies, at_us=times, node=node),
        model.RegistryDown: st.builds(
            lambda at, span: model.RegistryDown(
                at_us=at, host=HOST, up_at_us=at + span
            ),
            times,
            st.integers(1, 300).map(lambda s: s * SECOND),
        ),
    }


ALL_ACTS = (*_of_people(st.nothing()), *_of_the_world(st.nothing()))


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    acts: Sequence[type[model.Action]] = ALL_ACTS,
    reference: str = REFERENCE,
) -> model.Scenario:
    """A small world with up to six acts of these kinds; all pods name one image."""
    nodes = draw(st.integers(1, 3))
    policy = draw(st.sampled_from(["", "Always", "IfNotPresent", "Never"]))
    private = draw(st.booleans())
    group = model.NodeGroup(
        name="worker",
        names=tuple(f"worker-{n}" for n in range(1, nodes + 1)),
        docker_config=CONFIG if draw(st.booleans()) else None,
        pre_pulled=(model.PrePulled(image=REFERENCE),) if draw(st.booleans()) else (),
        kubelet=model.KubeletConfiguration(serialize_image_pulls=draw(st.booleans())),
    )
    late = model.NodeGroup(name="late", names=("late",), joins_at_us=draw(times))
    secrets = draw(st.sampled_from([(), ("gone",), ("bad",), ("good", "gone")]))
    every = _actions(nodes)
    drawn = [every[kind] for kind in acts]
    return model.Scenario(
        title="random",
        question="",
        kubernetes=draw(st.sampled_from(["1.30", "1.36"])),
        seed=draw(st.integers(0, 1000)),
        until_us=UNTIL_US,
        variant="as written",
        images=(image(),),
        registries=(
            model.Registry(
                host=HOST,
                latency_us=20_000,
                bandwidth=12_500_000,
                accounts={"u": "p"} if private else None,
            ),
        ),
        node_groups=(group, late),
        admission=(),
        objects=(
            deployment(draw(st.integers(1, 4)), reference, policy, secrets),
            _secret("bad", '{"auths":{"registry.example":{"auth":"nonsense!"}}}'),
            _secret("good", CONFIG),
        ),
        timeline=tuple(draw(st.lists(st.one_of(drawn), max_size=6 if acts else 0))),
        expectations=(),
    )
