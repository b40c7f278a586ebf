"""The kubectl commands of a timeline: one line to one action.

A line that is not understood is a fault that lists the known ones. What kubectl
itself would refuse without asking the API server is refused here, in its words.
"""

from dataclasses import dataclass

import yaml

from sim.scenario import model
from sim.scenario.commands.command_line import CommandError, Line, Parser, Verb, read
from sim.scenario.manifests.secret_objects import registry_secret

# Kinds of workloads that the commands know, each with kubectl's short names.
KINDS = {
    "deployment": ("deploy",),
    "statefulset": ("sts",),
    "daemonset": ("ds",),
    "replicaset": ("rs",),
    "replicationcontroller": ("rc",),
    "cronjob": ("cj",),
    "job": (),
}
# Kinds that have rollouts, those that can be paused, those with replicas, and those
# whose template can be changed.
ROLLED = ("deployment", "statefulset", "daemonset")
_PAUSED = ("deployment",)
_SCALED = (*ROLLED, "replicaset", "replicationcontroller")
_EDITED = (*_SCALED, "cronjob")
_PODS = ("pod", "pods", "po")
_SECRETS = ("secret", "secrets")
_ACCOUNTS = ("serviceaccount", "serviceaccounts", "sa")
_NAMES = {
    name: kind
    for kind, short in KINDS.items()
    for name in (kind, f"{kind}s", f"{kind}.apps", f"{kind}s.apps", *short)
}
_DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyFiles:
    """``kubectl apply -f``, with its files yet to be read.

    ``namespace`` "" = each object's own.
    """

    at_us: int
    command: str
    namespace: str
    files: tuple[str, ...]


Command = model.KubectlCommand | model.DeleteSecret | ApplyFiles


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    """What a command is about."""

    namespace: str
    kind: str
    name: str


def parse(text: str, at_us: int) -> Command:
    """Return the action of a line; raises ``CommandError``."""
    return read(text, at_us, VERBS)


def _parser() -> Parser:
    parser = Parser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("-n", "--namespace", default="default")
    return parser


def _split(words: list[str], line: Line) -> tuple[str, str, list[str]]:
    """Return kind, name and the rest of ``KIND/NAME …`` or ``KIND NAME …``."""
    if words and "/" in words[0]:
        kind, _, name = words[0].partition("/")
        rest = words[1:]
    elif len(words) > 1:
        kind, name, *rest = words
    else:
        raise line.wrong(f"{line.text!r} names nothing")
    if not name:
        raise line.wrong("the name is empty")
    return kind.lower(), name, rest


def _target(
    words: list[str], namespace: str, line: Line, *, others: tuple[str, ...] = ()
) -> tuple[_Target, list[str]]:
    kind, name, rest = _split(words, line)
    if kind in others:
        return _Target(namespace=namespace, kind=others[0], name=name), rest
    if kind not in _NAMES:
        known = ", ".join((*KINDS, *others[:1]))
        raise CommandError(f"{kind!r} is not simulated here; known are: {known}")
    return _Target(namespace=namespace, kind=_NAMES[kind], name=name), rest


def _workload(
    line: Line, parser: Parser, kinds: tuple[str, ...] = ROLLED
) -> tuple[_Target, dict[str, object]]:
    """Return the workload and the options of a line that names nothing else."""
    options = vars(line.options(parser))
    target, rest = _target(options["words"], options["namespace"], line)
    if rest:
        raise line.wrong(f"{rest[0]!r} is one word too many")
    if target.kind not in kinds:
        verb = line.usage.partition(" ")[2].partition(f" {kinds[0]}")[0]
        raise line.wrong(f"{verb} of a {target.kind} is not simulated here")
    return target, options


def _scale(line: Line) -> model.Scale:
    parser = _parser()
    parser.add_argument("--replicas", type=int, required=True)
    target, options = _workload(line, parser, _SCALED)
    replicas = options["replicas"]
    assert isinstance(replicas, int)  # noqa: S101 - argparse made it one
    if replicas < 0:
        raise CommandError("--replicas must be 0 or more")
    return model.Scale(
        at_us=line.at_us,
        command=line.text,
        namespace=target.namespace,
        kind=target.kind,
        name=target.name,
        replicas=replicas,
    )


def _set_image(line: Line) -> model.SetImage:
    options = line.options(_parser())
    target, pairs = _target(options.words, options.namespace, line, others=_PODS)
    if target.kind not in (*_EDITED, "pod"):
        raise line.wrong(f"the template of a {target.kind} cannot be changed")
    if not pairs:
        raise line.wrong("at least one image update is required")
    images = {}
    for pair in pairs:
        container, equals, image = pair.partition("=")
        if not (container and equals and image):
            raise line.wrong(f"expected CONTAINER=IMAGE, found {pair!r}")
        images[container] = image
    return model.SetImage(
        at_us=line.at_us,
        command=line.text,
        namespace=target.namespace,
        kind=target.kind,
        name=target.name,
        images=images,
    )


def _restart(line: Line) -> model.RolloutRestart:
    target, _ = _workload(line, _parser())
    return model.RolloutRestart(
        at_us=line.at_us,
        command=line.text,
        namespace=target.namespace,
        kind=target.kind,
        name=target.name,
    )


def _undo(line: Line) -> model.RolloutUndo:
    parser = _parser()
    parser.add_argument("--to-revision", type=int, default=0)
    target, options = _workload(line, parser)
    revision = options["to_revision"]
    assert isinstance(revision, int)  # noqa: S101 - argparse made it one
    if revision < 0:
        raise CommandError("--to-revision must be 0 (the one before) or more")
    return model.RolloutUndo(
        at_us=line.at_us,
        command=line.text,
        namespace=target.namespace,
        kind=target.kind,
        name=target.name,
        to_revision=revision,
    )


def _pause(line: Line, *, paused: bool = True) -> model.RolloutPause:
    target, _ = _workload(line, _parser(), _PAUSED)
    return model.RolloutPause(
        at_us=line.at_us,
        command=line.text,
        namespace=target.namespace,
        kind=target.kind,
        name=target.name,
        paused=paused,
    )


def _resume(line: Line) -> model.RolloutPause:
    return _pause(line, paused=False)


def _apply(line: Line) -> ApplyFiles:
    parser = Parser()
    parser.add_argument("-f", "--filename", action="append", default=[])
    parser.add_argument("-k", "--kustomize", action="append", default=[])
    parser.add_argument("-n", "--namespace", default="")
    options = line.options(parser)
    files = (*options.filename, *options.kustomize)
    if not files:
        raise line.wrong("must specify one of -f and -k")
    return ApplyFiles(
        at_us=line.at_us, command=line.text, namespace=options.namespace, files=files
    )


def _delete(line: Line) -> model.DeletePod | model.DeleteSecret:
    options = line.options(_parser())
    kind, name, rest = _split(options.words, line)
    if rest or kind not in _PODS + _SECRETS:
        raise line.wrong(f"{line.text!r} is not known")
    if kind in _SECRETS:
        return model.DeleteSecret(
            at_us=line.at_us,
            command=line.text,
            namespace=options.namespace,
            name=name,
        )
    return model.DeletePod(
        at_us=line.at_us, command=line.text, namespace=options.namespace, name=name
    )


def _create_secret(line: Line) -> model.CreateSecret:
    parser = Parser()
    parser.add_argument("name")
    parser.add_argument("-n", "--namespace", default="default")
    parser.add_argument("--docker-server", default=_DOCKER_HUB)
    parser.add_argument("--docker-username", default="")
    parser.add_argument("--docker-password", default="")
    parser.add_argument("--docker-email", default="")
    options = line.options(parser)
    if not (options.docker_username and options.docker_password):
        raise line.wrong("--docker-username and --docker-password are required")
    return model.CreateSecret(
        at_us=line.at_us,
        command=line.without(options.docker_password),
        secret=registry_secret(
            options.namespace,
            options.name,
            options.docker_server,
            options.docker_username,
            options.docker_password,
            options.docker_email,
        ),
    )


def _patch(line: Line) -> model.PatchServiceAccount:
    parser = _parser()
    parser.add_argument("-p", "--patch", required=True)
    options = line.options(parser)
    kind, name, rest = _split(options.words, line)
    if rest or kind not in _ACCOUNTS:
        raise line.wrong(f"{line.text!r} is not known")
    return model.PatchServiceAccount(
        at_us=line.at_us,
        command=line.text,
        namespace=options.namespace,
        name=name,
        image_pull_secrets=_patched_secrets(options.patch, line),
    )


def _patched_secrets(patch: str, line: Line) -> tuple[str, ...]:
    """Return the names in ``{"imagePullSecrets": [{"name": …}]}``, JSON or YAML."""
    try:
        value = yaml.safe_load(patch)
    except yaml.YAMLError as error:
        raise line.wrong(f"unable to parse {patch!r}") from error
    if not isinstance(value, dict) or list(value) != ["imagePullSecrets"]:
        raise line.wrong("only imagePullSecrets of a service account can be patched")
    entries = value["imagePullSecrets"]
    if not isinstance(entries, list) or not all(_is_name(entry) for entry in entries):
        raise line.wrong('imagePullSecrets is a list of {"name": NAME}')
    return tuple(entry["name"] for entry in entries)


def _is_name(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and list(entry) == ["name"]
        and isinstance(entry["name"], str)
    )


def _node(line: Line, *flags: str) -> str:
    parser = Parser()
    parser.add_argument("node")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    node: str = line.options(parser).node
    return node.removeprefix("node/")


def _drain(line: Line) -> model.Drain:
    node = _node(line, "--ignore-daemonsets", "--force", "--delete-emptydir-data")
    return model.Drain(at_us=line.at_us, command=line.text, node=node)


def _cordon(line: Line, *, cordoned: bool = True) -> model.Cordon:
    node = _node(line)
    return model.Cordon(
        at_us=line.at_us, command=line.text, node=node, cordoned=cordoned
    )


def _uncordon(line: Line) -> model.Cordon:
    return _cordon(line, cordoned=False)


VERBS: tuple[Verb[Command], ...] = tuple(
    Verb(words=("kubectl", *verb.split()), usage=f"kubectl {verb} {rest}", read=call)
    for verb, rest, call in (
        ("scale", f"{'|'.join(_SCALED)}/NAME --replicas=N", _scale),
        ("set image", f"{'|'.join(_EDITED)}|pod/NAME CONTAINER=IMAGE ...", _set_image),
        ("rollout restart", f"{'|'.join(ROLLED)}/NAME", _restart),
        ("rollout undo", f"{'|'.join(ROLLED)}/NAME [--to-revision=N]", _undo),
        ("rollout pause", "deployment/NAME", _pause),
        ("rollout resume", "deployment/NAME", _resume),
        ("apply", "-f FILE ...", _apply),
        ("delete", "pod|secret NAME", _delete),
        (
            "create secret docker-registry",
            "NAME [--docker-server=URL] --docker-username=U --docker-password=P",
            _create_secret,
        ),
        (
            "patch",
            'serviceaccount NAME -p \'{"imagePullSecrets": [{"name": "NAME"}]}\'',
            _patch,
        ),
        ("drain", "NODE", _drain),
        ("cordon", "NODE", _cordon),
        ("uncordon", "NODE", _uncordon),
    )
)
