"""Small hand-made records, for tests that need a record but no simulation.

``Recorder`` writes rows as the living parts do: with the names, amounts and links
that ``sim.record.kinds`` promises. Its verbs are what happens in a cluster; each
moves the clock to ``at_us`` and returns the row that a later one points to.
"""

from dataclasses import dataclass, field
from typing import Any

from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.units import MINUTE, SECOND

HOST = "registry.example"
IMAGE = f"{HOST}/shop/web:stable"
UNTIL_US = 30 * MINUTE
NO_CREDENTIALS = "pull access denied: no basic auth credentials"


def digest(build: str) -> str:
    """Return a digest that begins with the build's own letters, in hexadecimal."""
    return "sha256:" + build.encode().hex().ljust(64, "0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A finished record with its facts, and the names of the pods in it."""

    log: EventLog
    meta: dict[str, Any]
    pods: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class PodRows:
    """The rows of one pod that later rows point to, and which builds run in it."""

    name: str
    node: str
    created: int
    scheduled: int
    images: dict[str, str] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Writes a record by hand; times may not go back."""

    def __init__(self, *, until_us: int = UNTIL_US, **builds: str) -> None:
        self.now_us = 0
        self.log = EventLog(lambda: self.now_us)
        self.pods: dict[str, PodRows] = {}
        self._held: dict[tuple[str, str], tuple[str, int]] = {}
        self._pushed: dict[str, tuple[str, int]] = {}
        self._applied: dict[str, int] = {}
        self._nodes: dict[str, int] = {}
        known = builds or {"v1": f"{HOST}/shop/web", "v2": f"{HOST}/shop/web"}
        self._meta: dict[str, Any] = {
            "title": "By hand",
            "question": "",
            "variant": "as written",
            "seed": 1,
            "until_us": until_us,
            "kubernetes": "1.36",
            "builds": {
                digest(name): {"image": image, "build": name, "bytes": 9_000_000}
                for name, image in known.items()
            },
            "nodes": {},
            "profile": {"new_container_wording": True},
            "defaulted": [],
            "warnings": [],
        }

    def row(
        self,
        at_us: int,
        kind: Kind,
        *,
        amount: int = 0,
        span: int = 0,
        cause: int = NONE,
        source: int = NONE,
        **names: str,
    ) -> int:
        """Write any row; ``names`` are name columns in words."""
        self.now_us = at_us
        ids = {column: self.log.names.id(text) for column, text in names.items()}
        return self.log.append(
            kind, amount=amount, span=span, cause=cause, source=source, **ids
        )

    def finish(self) -> Recorded:
        """Return the record."""
        return Recorded(log=self.log, meta=self._meta, pods=tuple(self.pods))

    # --- outside acts

    def push(self, at_us: int, build: str, image: str = IMAGE) -> int:
        """A tag now means a build."""
        row = self.row(
            at_us, Kind.TAG_PUSHED, image=image, digest=digest(build), text=build
        )
        self._pushed[image] = (build, row)
        return row

    def join(self, at_us: int, node: str, *, docker_config: bool = True) -> int:
        """A node joins the cluster."""
        row = self.row(at_us, Kind.NODE_JOINED, node=node, amount=int(docker_config))
        self._meta["nodes"][node] = node.rpartition("-")[0] or node
        self._nodes[node] = row
        return row

    def bake(self, node: str, build: str, image: str = IMAGE) -> int:
        """A node has had an image from the beginning."""
        row = self.row(0, Kind.PRE_PULLED, node=node, image=image, digest=digest(build))
        self._held[node, image] = (build, row)
        return row

    def apply(self, at_us: int, workload: str) -> int:
        """A workload is applied."""
        row = self.row(at_us, Kind.APPLIED, object=workload)
        self._applied[workload] = row
        return row

    def kubectl(self, at_us: int, workload: str, command: str) -> int:
        """Somebody changes a workload."""
        row = self.row(at_us, Kind.KUBECTL, object=workload, text=command)
        self._applied[workload] = row
        return row

    # --- the control plane

    def pod(
        self, at_us: int, workload: str, name: str, node: str = "", **images: str
    ) -> PodRows:
        """A pod is made and, where ``node`` is given, bound; it waits at once.

        ``images`` are its containers, by default one that is called ``web``.
        """
        namespace, _, short = workload.split("/")
        full, replica_set = f"{namespace}/{name}", f"{short}-1"
        scaled = self.row(
            at_us,
            Kind.SCALED_REPLICA_SET,
            object=workload,
            text=replica_set,
            amount=1,
            cause=self._applied[workload],
        )
        created = self.row(
            at_us,
            Kind.POD_CREATED,
            object=workload,
            pod=full,
            text=replica_set,
            cause=scaled,
        )
        self.pods[full] = pod = PodRows(
            name=full, node=node, created=created, scheduled=NONE
        )
        pod.images = images or {"web": IMAGE}
        if node:
            pod.scheduled = self.row(
                at_us, Kind.SCHEDULED, pod=full, node=node, cause=created
            )
            for container in pod.images:
                self.wait(at_us, pod, "ContainerCreating", pod.scheduled, container)
        return pod

    def remove(self, at_us: int, pod: PodRows, cause: int) -> int:
        """A pod is deleted, its containers end, and it is gone a second later."""
        deleted = self.row(at_us, Kind.POD_DELETED, pod=pod.name, cause=cause)
        for container in tuple(pod.running):
            self.exit(at_us + SECOND, pod, cause=deleted, container=container)
        return self.row(at_us + SECOND, Kind.POD_GONE, pod=pod.name, cause=deleted)

    def wait(
        self,
        at_us: int,
        pod: PodRows,
        reason: str,
        cause: int,
        container: str = "web",
        message: str = "",
    ) -> int:
        """The API shows a container waiting."""
        return self._status(
            at_us,
            Kind.CONTAINER_WAITING,
            pod,
            container,
            reason=reason,
            text=message,
            cause=cause,
        )

    def _status(
        self, at_us: int, kind: Kind, pod: PodRows, container: str, **columns: Any
    ) -> int:
        return self.row(
            at_us,
            kind,
            pod=pod.name,
            node=pod.node,
            container=container,
            image=pod.images[container],
            **columns,
        )

    # --- the kubelet

    def start(
        self, at_us: int, pod: PodRows, container: str = "web", *, always: bool = False
    ) -> int:
        """A container starts: from the node's copy, or (or always) after a pull."""
        image = pod.images[container]
        if always or (pod.node, image) not in self._held:
            ready = self._pulled(at_us, pod, container)
        else:
            build, held = self._held[pod.node, image]
            ready = self._status(
                at_us,
                Kind.PRESENT,
                pod,
                container,
                digest=digest(build),
                cause=pod.scheduled,
                source=held,
            )
        build, _ = self._held[pod.node, image]
        pod.running[container] = build
        names = {"digest": digest(build), "cause": ready}
        created = self._status(at_us, Kind.CREATED, pod, container, **names)
        started = self._status(
            at_us + SECOND,
            Kind.STARTED,
            pod,
            container,
            digest=digest(build),
            cause=created,
            source=ready,
        )
        self._status(at_us + SECOND, Kind.CONTAINER_RUNNING, pod, container, **names)
        self.row(
            at_us + SECOND,
            Kind.POD_READY,
            pod=pod.name,
            node=pod.node,
            amount=1,
            cause=started,
        )
        return started

    def _pulled(self, at_us: int, pod: PodRows, container: str) -> int:
        """A pull of one second, of which the runtime needs 900 ms."""
        image = pod.images[container]
        build, push = self._pushed[image]
        pulling = self._status(
            at_us - SECOND, Kind.PULLING, pod, container, cause=pod.scheduled
        )
        names: Any = {"node": pod.node, "image": image, "digest": digest(build)}
        self._request(at_us, pod, container, "GET blob 200", pulling, amount=9_000_000)
        told = self.row(
            at_us, Kind.RESOLVED, **names, object=HOST, cause=pulling, source=push
        )
        held = self.row(
            at_us, Kind.IMAGE_STORED, **names, amount=9_000_000, source=told
        )
        self._held[pod.node, image] = (build, held)
        return self._status(
            at_us,
            Kind.PULLED,
            pod,
            container,
            digest=digest(build),
            amount=9_000_000,
            span=900_000,
            cause=pulling,
            source=held,
        )

    def _request(
        self,
        at_us: int,
        pod: PodRows,
        container: str,
        what: str,
        cause: int,
        **columns: Any,
    ) -> int:
        repository = pod.images[container].rpartition(":")[0]
        return self.row(
            at_us,
            Kind.REQUEST,
            node=pod.node,
            object=HOST,
            image=repository,
            text=what,
            cause=cause,
            **columns,
        )

    def fail(
        self, at_us: int, pod: PodRows, *, source: int, container: str = "web"
    ) -> int:
        """A pull fails after a second, because of ``source``; the API shows it."""
        pulling = self._status(
            at_us - SECOND, Kind.PULLING, pod, container, cause=pod.scheduled
        )
        asked = self._request(
            at_us, pod, container, "HEAD manifest 401", pulling, source=source
        )
        failed = self._status(
            at_us,
            Kind.PULL_FAILED,
            pod,
            container,
            text=NO_CREDENTIALS,
            cause=pulling,
            source=asked,
        )
        self._not_started(at_us, pod, container, "ErrImagePull", failed)
        return failed

    def back_off(
        self, at_us: int, pod: PodRows, failed: int, container: str = "web"
    ) -> int:
        """The kubelet looks again too early; the API shows it."""
        held = self._status(at_us, Kind.BACK_OFF, pod, container, source=failed)
        self._not_started(at_us, pod, container, "ImagePullBackOff", held)
        return held

    def _not_started(
        self, at_us: int, pod: PodRows, container: str, reason: str, cause: int
    ) -> None:
        row = self._status(
            at_us, Kind.START_FAILED, pod, container, reason=reason, cause=cause
        )
        message = f'Back-off pulling image "{pod.images[container]}"'
        self.wait(at_us, pod, reason, row, container, message)

    def exit(
        self,
        at_us: int,
        pod: PodRows,
        *,
        cause: int = NONE,
        container: str = "web",
        code: int = 0,
    ) -> int:
        """A container ends; without a cause, it crashes."""
        if cause == NONE:
            cause = self.row(
                at_us, Kind.CRASHED, pod=pod.name, container=container, amount=code
            )
        return self._status(
            at_us,
            Kind.EXITED,
            pod,
            container,
            digest=digest(pod.running.pop(container)),
            amount=code,
            cause=cause,
        )


WEB = "default/deployment/web"


def stale_pod() -> Recorded:
    """A tag moves; a pod that starts later finds the old build on its node."""
    made = Recorder()
    made.push(0, "v1")
    made.join(0, "worker-1")
    made.apply(0, WEB)
    first = made.pod(0, WEB, "web-1-aaaaa", "worker-1")
    made.start(10 * SECOND, first)
    made.push(5 * MINUTE, "v2")
    made.kubectl(10 * MINUTE, WEB, "kubectl scale deployment/web --replicas=2")
    second = made.pod(10 * MINUTE, WEB, "web-1-bbbbb", "worker-1")
    made.start(10 * MINUTE + 2 * SECOND, second)
    return made.finish()


def mixed_rollout() -> Recorded:
    """A tag moves; a pod on a fresh node runs the new build beside the old one."""
    made = Recorder()
    made.push(0, "v1")
    for node in ("worker-1", "worker-2"):
        made.join(0, node)
    made.apply(0, WEB)
    for name, node in (("web-1-aaaaa", "worker-1"), ("web-1-bbbbb", "worker-1")):
        made.start(10 * SECOND, made.pod(made.now_us, WEB, name, node))
    made.push(5 * MINUTE, "v2")
    made.kubectl(10 * MINUTE, WEB, "kubectl scale deployment/web --replicas=3")
    third = made.pod(10 * MINUTE, WEB, "web-1-ccccc", "worker-2")
    made.start(10 * MINUTE + 5 * SECOND, third)
    return made.finish()


def credential_gap() -> Recorded:
    """A node without a docker config cannot pull; a pod there waits to the end."""
    made = Recorder()
    made.push(0, "v1")
    made.join(0, "worker-1")
    made.apply(0, WEB)
    first = made.pod(0, WEB, "web-1-aaaaa", "worker-1")
    made.start(10 * SECOND, first)
    joined = made.join(8 * MINUTE, "late", docker_config=False)
    made.kubectl(10 * MINUTE, WEB, "kubectl scale deployment/web --replicas=2")
    second = made.pod(10 * MINUTE, WEB, "web-1-bbbbb", "late")
    failed = made.fail(10 * MINUTE + 2 * SECOND, second, source=joined)
    made.back_off(10 * MINUTE + 15 * SECOND, second, failed)
    failed = made.fail(10 * MINUTE + 30 * SECOND, second, source=joined)
    made.back_off(10 * MINUTE + 45 * SECOND, second, failed)
    return made.finish()
