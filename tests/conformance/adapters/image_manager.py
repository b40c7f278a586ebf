"""Replay image_manager and pull_queue through the kubelet's own image manager."""

import json
import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import simpy

from sim.analysis.events import KubernetesEvent, kubernetes_events
from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import NodeCredentials
from sim.cluster.kubelet.image_manager import ImageManager
from sim.cluster.kubelet.image_pull_manager import ImagePullManager, PullDirectory
from sim.cluster.kubelet.image_request import ImageResult
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.puller import Puller
from sim.cluster.objects import Pod
from sim.record.log import EventLog
from sim.rules.backoff import BackOff
from sim.rules.docker_config_files import KubeletFolders, search_path
from sim.rules.pull_policy import PullPolicy
from sim.rules.reference import pull_form
from sim.rules.throttle import TokenBucket
from sim.scenario.model import KubeletConfiguration, PodSpec, Secret
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.kubelet_stand_ins import (
    Entry,
    TableRuntime,
    ensured,
    stored_name,
)
from tests.conformance.adapters.pull_records import shown
from tests.conformance.harness import Adapter, Step

TOLERANCE_US = 10
Timed = tuple[tuple[str, ...], int]


class Secrets:
    """The secrets of a trace, as the API server would hand them out."""

    def __init__(self, pods: list[dict[str, Any]]) -> None:
        self._secrets: dict[tuple[str, str], Secret] = {}
        for pod in pods:
            for number, given in enumerate(pod.get("secrets", [])):
                auths = {given["host"]: _login(given["user"])}
                key = _unique(pod, given, number)
                self._secrets[pod["namespace"], key] = Secret(
                    namespace=pod["namespace"],
                    name=given["name"],
                    type="kubernetes.io/dockerconfigjson",
                    data={".dockerconfigjson": json.dumps({"auths": auths})},
                )

    def secret(self, namespace: str, name: str) -> Secret | None:
        return self._secrets.get((namespace, name))

    def secret_uid(self, namespace: str, name: str) -> str:
        return name.split("\0")[1]

    def secret_row(self, namespace: str, name: str) -> int:
        return -1


def _cut(credentials: dict[str, Any]) -> dict[str, Any]:
    for secret in credentials.get("secrets", []):
        secret["hash"] = secret["hash"][:16]
    return credentials


def _login(user: str) -> dict[str, str]:
    name, _, password = user.partition(":")
    return {"username": name, "password": password}


def _unique(pod: dict[str, Any], given: dict[str, Any], number: int) -> str:
    """Traces have several secrets of one name, even of one UID, in a namespace."""
    return f"{given['name']}\0{given['uid']}\0{pod['uid']}\0{number}"


class Node:
    """One trace's node: the real image manager over a table of images."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        self.directory = PullDirectory()
        self.config = config
        self.runtime = TableRuntime(
            env=self.env,
            table={
                name: Entry(
                    id=entry["id"],
                    size=entry["size"],
                    pull_us=round(entry["pull_us"]),
                    error=entry.get("pull_error", ""),
                    users=entry.get("users"),
                )
                for name, entry in config["registry"].items()
            },
        )
        for name, entry in config["registry"].items():
            if entry.get("present"):
                self.runtime.store(name, self.runtime.table[name])
        self.backoff = BackOff(
            config["backoff_initial_s"] * SECOND, config["backoff_max_s"] * SECOND
        )
        self.pods = {pod["uid"]: self._pod(pod) for pod in config["pods"]}
        self.manager = self._manager()

    def _pod(self, given: dict[str, Any]) -> Pod:
        return Pod(
            namespace=given["namespace"],
            name=given["name"],
            uid=given["uid"],
            spec=PodSpec(
                containers=(),
                image_pull_secrets=tuple(
                    _unique(given, s, n) for n, s in enumerate(given.get("secrets", []))
                ),
            ),
            labels={},
            owner="",
            replica_set="",
            created_us=0,
            id=self.log.names.id(f"{given['namespace']}/{given['uid']}"),
        )

    def _manager(self) -> ImageManager:
        config = self.config
        auths = {h: _login(u) for h, u in config.get("node_auths", {}).items()}
        path = search_path(KubeletFolders())[0]
        files = {path: json.dumps({"auths": auths})} if auths else {}
        records = None
        if config.get("ensure_secret_pulled_images"):
            records = ImagePullManager(
                config.get("verification_policy", "NeverVerifyPreloadedImages"),
                config.get("allowlist", ()),
                self.directory,
            )
        kubelet = KubeletConfiguration(
            serialize_image_pulls=config["serialize"],
            max_parallel_image_pulls=config.get("max_parallel"),
        )
        secrets = Secrets(config["pods"])
        return ImageManager(
            self.env,
            self.log,
            self.log.names.id("node"),
            service=self.runtime,
            credentials=NodeCredentials(secrets, NodeDockerConfig(self.env, files), -1),
            backoff=self.backoff,
            puller=Puller(self.env, kubelet),
            throttle=TokenBucket(config["qps"], config.get("burst", 0)),
            pull_manager=records,
        )

    def ensure(self, given: dict[str, Any]) -> Generator[simpy.Event, Any, ImageResult]:
        """Call EnsureImageExists as a container's start does."""
        policy = PullPolicy(given["policy"])
        pod = self.pods[given["pod"]]
        image = given.get("image", "")
        return ensured(self.env, self.log, self.manager, pod, image, policy)

    def state(self) -> dict[str, Any]:
        """What is on the node's disk; hashes are cut as in the traces."""
        pulled = {
            ref: {name: _cut(shown(c)) for name, c in record.images.items()}
            for ref, record in self.directory.pulled.items()
        }
        return {"intents": sorted(self.directory.intents), "pulled": pulled}

    def events(self) -> list[KubernetesEvent]:
        meta = {"profile": {"new_container_wording": True}}
        return list(kubernetes_events(self.log, meta))


def image_manager(data: dict[str, Any]) -> Iterator[Step]:
    """One call after another."""
    node = Node(data["config"])
    state: dict[str, Any] = {}
    for number, given in enumerate(data["steps"]):
        advance_us = round(given["advance_ms"] * MILLISECOND)
        node.env.run(until=node.env.timeout(advance_us))
        where = f"step {number} {given['op']}"
        if given["op"] != "ensure":
            _change(node, given)
            continue
        yield from _ensure(node, given, where)
        state = given.get("state", state)
        if data["config"].get("ensure_secret_pulled_images"):
            yield Step(f"{where} state", node.state(), _full(state))


def _full(state: dict[str, Any]) -> dict[str, Any]:
    pulled = {
        ref: record.get("images", {}) for ref, record in state.get("pulled", {}).items()
    }
    return {"intents": state.get("intents", []), "pulled": pulled}


def _change(node: Node, given: dict[str, Any]) -> None:
    table, image = node.runtime.table, given.get("image", "")
    if given["op"] == "set_registry":
        table[image].error = given.get("pull_error", "")
        table[image].pull_us = round(given.get("pull_us", 0))
    elif given["op"] == "remove":
        node.runtime.remove(pull_form(image))
    elif given["op"] == "preload":
        node.runtime.store(image, table[image])
    else:
        assert given["op"] == "set_status_error"
        name = stored_name(image)
        node.runtime.status_errors[name] = given.get("status_error", "")


def _ensure(node: Node, given: dict[str, Any], where: str) -> Iterator[Step]:
    before, calls, start = len(node.events()), len(node.runtime.calls), node.env.now
    process = node.env.process(node.ensure(given))
    node.env.run(until=process)
    result = process.value
    assert isinstance(result, ImageResult)
    elapsed = (node.env.now - start) // MILLISECOND
    events = [
        {
            "message": e.message,
            "reason": e.reason,
            "t_ms": e.time_us // MILLISECOND,
            "type": e.type,
        }
        for e in node.events()[before:]
    ]
    key = f"{given['pod']}_{given.get('image', '')}"
    in_backoff = node.backoff.is_in_backoff_since_update(key, node.env.now)
    ours = {
        "image_ref": result.image_ref,
        "error": str(result.reason),
        "elapsed_ms": elapsed,
        "events": events,
        "cri": [_call(c, MILLISECOND) for c in node.runtime.calls[calls:]],
        "backoff_s": node.backoff.get(key) // SECOND,
        "in_backoff": in_backoff,
    }
    if result.reason:
        ours["message"] = result.message
    for name, value in ours.items():
        empty: Any = [] if isinstance(value, list) else type(value)()
        yield Step(f"{where} {name}", value, given.get(name, empty))


def _call(call: tuple[int, str, str, str, str], unit: int) -> dict[str, Any]:
    time, name, image, user, result = call
    shown: dict[str, Any] = {"call": name, "image": image, "result": result}
    shown["t_ms"] = time // unit
    return shown | ({"user": user} if user else {})


def pull_queue(data: dict[str, Any]) -> Iterator[Step]:
    """Many calls at once: who waits for whom, and for how long."""
    node = Node(data["config"])
    calls = data["calls"]
    ours: list[dict[str, Any]] = [{} for _ in calls]

    def call(number: int) -> Generator[simpy.Event, Any, None]:
        yield node.env.timeout(round(calls[number]["start_us"]))
        result = yield from node.ensure(calls[number])
        ours[number] = {
            "end_us": node.env.now,
            "image_ref": result.image_ref,
            "error": result.reason,
            "message": result.message if result.reason else "",
        }

    for number in range(len(calls)):
        node.env.process(call(number))
    node.env.run()
    for number, given in enumerate(calls):
        for name in ("image_ref", "error", "message"):
            if name == "message" and not ours[number]["error"]:
                continue
            yield Step(f"call {number} {name}", ours[number][name], given.get(name, ""))
        late = abs(ours[number]["end_us"] - given["end_us"])
        yield Step(f"call {number} end", late <= TOLERANCE_US or late, True)
    yield from _queue_events(node, data)
    if data["config"].get("ensure_secret_pulled_images"):
        final = _full(data.get("final_state", {}))
        yield Step("final state", node.state(), final)


def _queue_events(node: Node, data: dict[str, Any]) -> Iterator[Step]:
    ours = [
        (
            (e.object.split("/")[1], e.type, e.reason, _without_times(e.message)),
            e.time_us,
        )
        for e in node.events()
    ]
    theirs = [
        ((e["pod"], e["type"], e["reason"], _without_times(e["message"])), _us(e))
        for e in data.get("events", [])
    ]
    yield from _together("events", ours, theirs)
    seen = [((call, *words), t) for t, call, *words in node.runtime.calls]
    calls = [
        ((c["call"], c["image"], c.get("user", ""), c["result"]), _us(c))
        for c in data.get("cri", [])
    ]
    yield from _together("calls", seen, calls)


def _us(given: dict[str, Any]) -> int:
    return round(float(given["t_ms"]) * MILLISECOND)


def _together(
    where: str, ours: Iterable[Timed], theirs: Iterable[Timed]
) -> Iterator[Step]:
    """All words are the same, and each was said at its time."""
    ours, theirs = sorted(ours), sorted(theirs)
    yield Step(where, [words for words, _ in ours], [words for words, _ in theirs])
    for (words, at), (_, recorded) in zip(ours, theirs, strict=True):
        late = abs(at - recorded)
        yield Step(f"time of {words}", late <= TOLERANCE_US or late, True)


def _without_times(message: str) -> str:
    """A duration's last digit may differ: recorded times are finer than ours."""
    return re.sub(r" in \S+ \(\S+ including", " in X (Y including", message)


ADAPTERS: dict[str, Adapter] = {
    "image_manager": image_manager,
    "pull_queue": pull_queue,
}
