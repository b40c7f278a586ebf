"""The kubectl commands of a timeline: one line to one action.

A line that is not understood is a fault that lists the known ones.
"""

import argparse
import shlex
from typing import NoReturn

from sim.scenario import model

KNOWN = (
    "kubectl scale KIND/NAME --replicas=N",
    "kubectl rollout restart KIND/NAME",
    "kubectl set image KIND/NAME CONTAINER=IMAGE",
    "kubectl delete pod NAME",
    "kubectl drain NODE",
)
_KINDS = {
    "deployment": "deployment",
    "deployments": "deployment",
    "deployment.apps": "deployment",
    "deployments.apps": "deployment",
    "deploy": "deployment",
    "statefulset": "statefulset",
    "statefulsets": "statefulset",
    "statefulset.apps": "statefulset",
    "statefulsets.apps": "statefulset",
    "sts": "statefulset",
    "daemonset": "daemonset",
    "daemonsets": "daemonset",
    "daemonset.apps": "daemonset",
    "daemonsets.apps": "daemonset",
    "ds": "daemonset",
}
WORKLOADS = tuple(dict.fromkeys(_KINDS.values()))
_PODS = ("pod", "pods", "po")

Command = (
    model.Scale | model.RolloutRestart | model.SetImage | model.DeletePod | model.Drain
)


class KubectlError(ValueError):
    """A line that cannot be carried out; the text says what is known."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise KubectlError(message)


def parse(line: str, at_us: int) -> Command:
    """Return the action of a line; raises ``KubectlError``."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise KubectlError(str(error)) from error
    if words[:1] != ["kubectl"]:
        raise _unknown(line)
    if words[1:2] == ["scale"]:
        return _scale(line, words[2:], at_us)
    if words[1:3] == ["rollout", "restart"]:
        return _restart(line, words[3:], at_us)
    if words[1:3] == ["set", "image"]:
        return _set_image(line, words[3:], at_us)
    if words[1:2] == ["delete"]:
        return _delete(line, words[2:], at_us)
    if words[1:2] == ["drain"]:
        return _drain(line, words[2:], at_us)
    raise _unknown(line)


def _unknown(line: str) -> KubectlError:
    known = "; ".join(KNOWN)
    kinds = ", ".join(WORKLOADS)
    return KubectlError(f"{line!r} is not known; known are: {known} (kinds: {kinds})")


def _options(*, replicas: bool = False) -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-n", "--namespace", default="default")
    if replicas:
        parser.add_argument("--replicas", type=int, required=True)
    return parser


def _workload(words: list[str], line: str) -> tuple[str, str]:
    if len(words) == 1 and "/" in words[0]:
        kind, _, name = words[0].partition("/")
    elif len(words) == 2:
        kind, name = words
    else:
        raise _unknown(line)
    if kind.lower() not in _KINDS:
        kinds = ", ".join(WORKLOADS)
        raise KubectlError(f"{kind!r} is not simulated here; simulated are: {kinds}")
    return _KINDS[kind.lower()], name


def _scale(line: str, words: list[str], at_us: int) -> model.Scale:
    options = _options(replicas=True).parse_args(words)
    if options.replicas < 0:
        raise KubectlError("--replicas must be 0 or more")
    kind, name = _workload(options.words, line)
    return model.Scale(
        at_us=at_us,
        command=line,
        namespace=options.namespace,
        kind=kind,
        name=name,
        replicas=options.replicas,
    )


def _restart(line: str, words: list[str], at_us: int) -> model.RolloutRestart:
    options = _options().parse_args(words)
    kind, name = _workload(options.words, line)
    return model.RolloutRestart(
        at_us=at_us, command=line, namespace=options.namespace, kind=kind, name=name
    )


def _set_image(line: str, words: list[str], at_us: int) -> model.SetImage:
    options = _options().parse_args(words)
    pairs = [word.partition("=") for word in options.words if "=" in word]
    named = [word for word in options.words if "=" not in word]
    if not pairs or not all(container and image for container, _, image in pairs):
        raise _unknown(line)
    kind, name = _workload(named, line)
    return model.SetImage(
        at_us=at_us,
        command=line,
        namespace=options.namespace,
        kind=kind,
        name=name,
        images={container: image for container, _, image in pairs},
    )


def _delete(line: str, words: list[str], at_us: int) -> model.DeletePod:
    options = _options().parse_args(words)
    named = options.words
    if len(named) == 1 and named[0].partition("/")[0] in _PODS:
        named = named[0].split("/", 1)
    if len(named) != 2 or named[0] not in _PODS:
        raise _unknown(line)
    return model.DeletePod(
        at_us=at_us, command=line, namespace=options.namespace, name=named[1]
    )


def _drain(line: str, words: list[str], at_us: int) -> model.Drain:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("node")
    for flag in ("--ignore-daemonsets", "--force", "--delete-emptydir-data"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args(words)
    return model.Drain(
        at_us=at_us, command=line, node=options.node.removeprefix("node/")
    )
