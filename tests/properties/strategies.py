"""Random small worlds: one Deployment, a few nodes, a tag that moves, trouble."""

from hypothesis import strategies as st

from sim.scenario import kubectl, model, node_commands
from sim.units import MINUTE, SECOND

IMAGE = "registry.example/shop/web"
REFERENCE = f"{IMAGE}:stable"
UNTIL_US = 20 * MINUTE
BUILDS = ("v1", "v2", "v3")
KUBECTL = (
    f"kubectl set image deployment/web web={IMAGE}:v9",
    f"kubectl set image deployment/web *={REFERENCE}",
    "kubectl rollout undo deployment/web",
    "kubectl rollout pause deployment/web",
    "kubectl rollout resume deployment/web",
    f"kubectl set image pod/web *={REFERENCE}",
    "kubectl delete secret good",
    "kubectl cordon worker-1",
    "kubectl uncordon worker-1",
)
SHELL = (
    "docker login registry.example -u u -p p",
    "scp ~/.docker/config.json worker-1:/var/lib/kubelet/config.json",
    f"crictl pull {REFERENCE}",
    f"crictl pull --creds u:p {REFERENCE}",
    f"crictl rmi {REFERENCE}",
)


def _image() -> model.Image:
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


def _deployment(
    replicas: int, policy: str, secrets: tuple[str, ...]
) -> model.Deployment:
    container = model.Container(name="web", image=REFERENCE, image_pull_policy=policy)
    first = model.Container(name="first", image=REFERENCE, image_pull_policy=policy)
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


times = st.integers(1, UNTIL_US // SECOND - 1).map(lambda s: s * SECOND)
WEB = {"namespace": "default", "kind": "deployment", "name": "web"}


def _kubectl(line: str, at_us: int) -> model.Action:
    action = kubectl.parse(line, at_us)
    assert not isinstance(action, kubectl.ApplyFiles)
    return action


def _actions(nodes: int) -> st.SearchStrategy[model.Action]:
    node = st.integers(1, nodes).map(lambda n: f"worker-{n}")
    return st.one_of(
        st.builds(
            lambda at, build: model.Push(
                at_us=at, image=IMAGE, tag="stable", build=build
            ),
            times,
            st.sampled_from(BUILDS),
        ),
        st.builds(
            lambda at, n: model.Scale(
                at_us=at, command="kubectl scale", replicas=n, **WEB
            ),
            times,
            st.integers(0, 5),
        ),
        st.builds(
            lambda at: model.RolloutRestart(at_us=at, command="restart", **WEB), times
        ),
        st.builds(
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
        st.builds(
            lambda at, name: model.Drain(
                at_us=at, command=f"kubectl drain {name}", node=name
            ),
            times,
            node,
        ),
        st.builds(
            lambda at, name: model.DeleteSecret(
                at_us=at, namespace="default", name=name
            ),
            times,
            st.sampled_from(["good", "bad", "gone"]),
        ),
        st.builds(
            lambda at: model.ApplySecret(
                at_us=at,
                secret=_secret(
                    "gone",
                    '{"auths":{"registry.example":{"username":"u","password":"p"}}}',
                ),
            ),
            times,
        ),
        st.builds(lambda at, name: model.NodeDies(at_us=at, node=name), times, node),
        st.builds(_kubectl, st.sampled_from(KUBECTL), times),
        st.builds(
            lambda line, at, on: node_commands.parse(line, at, on, lambda n: (n,))[0],
            st.sampled_from(SHELL),
            times,
            node,
        ),
        st.builds(
            lambda at, n: model.Apply(
                at_us=at,
                command="kubectl apply -f web.yaml",
                objects=(_deployment(n, "", ()), _secret("good", "{}")),
            ),
            times,
            st.integers(0, 4),
        ),
        st.builds(
            lambda at: model.DeleteTag(at_us=at, image=IMAGE, tag="stable"), times
        ),
        st.builds(
            lambda at, rate: model.RegistrySlow(
                at_us=at, host="registry.example", bandwidth=rate, until_us=at + SECOND
            ),
            times,
            st.sampled_from([1_000_000, 50_000_000]),
        ),
        st.builds(
            lambda at, span: model.RegistryDown(
                at_us=at, host="registry.example", up_at_us=at + span
            ),
            times,
            st.integers(1, 300).map(lambda s: s * SECOND),
        ),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> model.Scenario:
    """A small world with up to six acts."""
    nodes = draw(st.integers(1, 3))
    policy = draw(st.sampled_from(["", "Always", "IfNotPresent", "Never"]))
    private = draw(st.booleans())
    config = '{"auths":{"registry.example":{"username":"u","password":"p"}}}'
    group = model.NodeGroup(
        name="worker",
        names=tuple(f"worker-{n}" for n in range(1, nodes + 1)),
        docker_config=config if draw(st.booleans()) else None,
        pre_pulled=(model.PrePulled(image=REFERENCE),) if draw(st.booleans()) else (),
        kubelet=model.KubeletConfiguration(serialize_image_pulls=draw(st.booleans())),
    )
    late = model.NodeGroup(name="late", names=("late",), joins_at_us=draw(times))
    secrets = draw(st.sampled_from([(), ("gone",), ("bad",), ("good", "gone")]))
    return model.Scenario(
        title="random",
        question="",
        kubernetes=draw(st.sampled_from(["1.30", "1.36"])),
        seed=draw(st.integers(0, 1000)),
        until_us=UNTIL_US,
        variant="as written",
        images=(_image(),),
        registries=(
            model.Registry(
                host="registry.example",
                latency_us=20_000,
                bandwidth=12_500_000,
                accounts={"u": "p"} if private else None,
            ),
        ),
        node_groups=(group, late),
        admission=(),
        objects=(
            _deployment(draw(st.integers(1, 4)), policy, secrets),
            _secret("bad", '{"auths":{"registry.example":{"auth":"nonsense!"}}}'),
            _secret("good", config),
        ),
        timeline=tuple(draw(st.lists(_actions(nodes), max_size=6))),
        expectations=(),
    )
