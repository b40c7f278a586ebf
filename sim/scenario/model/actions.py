"""What people and machines do to the cluster, each at its time."""

from dataclasses import dataclass, field

from sim.scenario.model.nodes import PluginAnswer
from sim.scenario.model.objects import KubernetesObject, Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A build is pushed: ``image`` (canonical name) and ``tag`` now mean ``build``."""

    at_us: int
    image: str
    tag: str
    build: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """``kubectl scale``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    replicas: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutRestart:
    """``kubectl rollout restart``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutUndo:
    """``kubectl rollout undo``: ``to_revision`` 0 is the one before."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    to_revision: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPause:
    """``kubectl rollout pause``, or ``resume`` if not ``paused``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    paused: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SetImage:
    """``kubectl set image``: ``images`` by container, ``*`` = all; kind may be pod."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    images: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Apply:
    """``kubectl apply -f``: the objects of the files, in order."""

    at_us: int
    command: str
    objects: tuple[KubernetesObject, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateSecret:
    """``kubectl create secret``: refused if one of that name is there."""

    at_us: int
    command: str
    secret: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchServiceAccount:
    """``kubectl patch serviceaccount``: its pull secrets are these from now on."""

    at_us: int
    command: str
    namespace: str
    name: str
    image_pull_secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletePod:
    """``kubectl delete pod``: ``name`` is a pod or a prefix that names just one."""

    at_us: int
    command: str
    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drain:
    """``kubectl drain``: cordon, then evict what runs there."""

    at_us: int
    command: str
    node: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cordon:
    """``kubectl cordon``, or ``uncordon`` if not ``cordoned``."""

    at_us: int
    command: str
    node: str
    cordoned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerLogin:
    """``docker login`` as root on a node: writes ``~/.docker/config.json`` there."""

    at_us: int
    command: str
    node: str
    server: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyFile:
    """``scp`` from one node to others: a file on the path there, as it is here."""

    at_us: int
    command: str
    node: str
    path: str
    to_nodes: tuple[str, ...]
    to_path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CrictlPull:
    """``crictl pull`` on a node: no kubelet takes part, nor its credentials."""

    at_us: int
    command: str
    node: str
    image: str
    username: str = ""
    password: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrictlRemove:
    """``crictl rmi`` on a node: an image goes with all its names."""

    at_us: int
    command: str
    node: str
    image: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeDies:
    """A node vanishes without a word: its containers stop at once."""

    at_us: int
    node: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Crash:
    """Containers exit with an error.

    ``pod`` is a pod name or prefix, or empty for all pods of ``kind``/``name``;
    ``count`` limits how many pods (in name order), ``node`` to one node.
    """

    at_us: int
    namespace: str
    kind: str
    name: str
    pod: str = ""
    container: str = ""
    node: str = ""
    count: int | None = None
    exit_code: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryDown:
    """A registry refuses every connection; ``up_at_us`` None = to the end.

    Of several at a time each lasts until its own end; ``RegistryUp`` ends them all.
    A ``silent`` one lets connections time out.
    """

    at_us: int
    host: str
    up_at_us: int | None = None
    silent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryUp:
    """A registry answers again."""

    at_us: int
    host: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrySlow:
    """A registry answers later or serves less; what is None stays as it is.

    ``until_us`` None = to the end.
    """

    at_us: int
    host: str
    latency_us: int | None = None
    bandwidth: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteTag:
    """A tag is deleted at its registry; the build stays, by digest."""

    at_us: int
    image: str
    tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteManifest:
    """A manifest is deleted at its registry, by digest; tags that mean it dangle."""

    at_us: int
    image: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplySecret:
    """A secret is created, or replaced by one of the same name."""

    at_us: int
    secret: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteSecret:
    """A secret is deleted; ``command`` is kubectl's if that does it."""

    at_us: int
    namespace: str
    name: str
    command: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeNode:
    """Docker configs of nodes change (None = removed), or what plug-ins answer."""

    at_us: int
    nodes: tuple[str, ...]
    files: dict[str, str | None] = field(default_factory=dict)
    plugins: dict[str, PluginAnswer] = field(default_factory=dict)


# What kubectl asks of the API server, and what people do on a node's shell.
WorkloadCommand = Scale | SetImage | RolloutRestart | RolloutUndo | RolloutPause
KubectlCommand = (
    WorkloadCommand
    | Apply
    | CreateSecret
    | PatchServiceAccount
    | DeletePod
    | Drain
    | Cordon
)
NodeCommand = DockerLogin | CopyFile | CrictlPull | CrictlRemove
Action = (
    KubectlCommand
    | NodeCommand
    | Push
    | DeleteTag
    | DeleteManifest
    | NodeDies
    | Crash
    | RegistryDown
    | RegistryUp
    | RegistrySlow
    | ChangeNode
    | ApplySecret
    | DeleteSecret
    | ChangeNode
)
