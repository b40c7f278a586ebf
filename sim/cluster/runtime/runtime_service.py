"""Sandboxes and containers of one node: the CRI's runtime service.

Images belong to the image service (``runtime.py``). Here a sandbox comes up,
containers are created, started, exit and are removed, each after the time that
``RuntimeTimings`` states. What the kubelet knows of all this it learns from the PLEG.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.objects import Pod
from sim.cluster.runtime.image_use import ImageUse
from sim.cluster.runtime.sandbox import ContainerRecord, Sandbox
from sim.scenario.model import Container

Called = Callable[[str, Pod, str], None]
"""Told of every call as it begins: its CRI name, the pod, the container or nothing."""

KILLED = 143  # 128 + SIGTERM


class RuntimeTimings(Protocol):
    """How long the runtime's calls take, and how long containers run."""

    def sandbox_us(self, pod: Pod) -> int:
        """Return the time of one RunPodSandbox."""

    def create_us(self, pod: Pod, container: str) -> int:
        """Return the time of one CreateContainer."""

    def start_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StartContainer."""

    def stop_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StopContainer: how long a process takes to end."""

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        """Return (time, exit code) of a container that ends by itself, or None."""


class RuntimeService:
    """The runtime's calls on sandboxes and containers.

    What takes time comes in two parts: the call, which tells how long it takes, and
    what is there at its end. ``changed(sandbox)`` is called whenever something a list
    would show has changed; the kubelet sets it. ``exited(sandbox, record)`` is called
    when a container ended, ``called`` when a call begins. ``use`` is told which images
    its containers, running or exited, use.
    """

    __slots__ = (
        "_called",
        "_env",
        "_exited",
        "_timings",
        "_use",
        "changed",
    )

    def __init__(
        self,
        env: Clock,
        timings: RuntimeTimings,
        *,
        exited: Callable[[Sandbox, ContainerRecord, int], int],
        use: ImageUse,
        called: Called | None = None,
    ) -> None:
        self._env = env
        self._timings = timings
        self._exited = exited
        self._use = use
        self._called = called
        self.changed: Callable[[Sandbox], None] = _nobody_hears

    def find(self, sandbox: Sandbox, records: Sequence[ContainerRecord]) -> None:
        """Have a sandbox that is up, with these containers, from the start."""
        sandbox.is_up(up=True)
        for record in records:
            sandbox.put(record)
            self._use.taken(record.uses)

    def run_pod_sandbox(self, pod: Pod) -> int:
        """Begin to bring a sandbox up; return the time it takes."""
        if self._called is not None:
            self._called("RunPodSandbox", pod, "")
        return self._timings.sandbox_us(pod)

    def sandbox_is_up(self, sandbox: Sandbox) -> None:
        """Have a sandbox that is up now."""
        sandbox.is_up(up=True)
        self.changed(sandbox)

    def create_container(self, pod: Pod, container: str) -> int:
        """Begin to create a container; return the time it takes."""
        if self._called is not None:
            self._called("CreateContainer", pod, container)
        return self._timings.create_us(pod, container)

    def has_created(self, sandbox: Sandbox, record: ContainerRecord) -> None:
        """Have a container that is created now."""
        self._use.taken(record.uses)
        sandbox.put(record)
        self.changed(sandbox)

    def start_container(self, pod: Pod, container: str) -> int:
        """Begin to start a container; return the time it takes."""
        if self._called is not None:
            self._called("StartContainer", pod, container)
        return self._timings.start_us(pod, container)

    def has_started(
        self, sandbox: Sandbox, record: ContainerRecord, container: Container
    ) -> None:
        """Have a container that runs now."""
        sandbox.put(record)
        self.changed(sandbox)
        run = self._timings.run(sandbox.pod, container)
        if run is not None:
            self._end_later(sandbox, record, *run)

    def _end_later(
        self, sandbox: Sandbox, record: ContainerRecord, run_us: int, exit_code: int
    ) -> None:
        key = record.key

        def end() -> None:
            now = sandbox.containers.get(key)
            if now is not None and now.running:
                self.exit(sandbox, now, exit_code)

        self._env.call_after(run_us, end)

    def exit(
        self, sandbox: Sandbox, record: ContainerRecord, exit_code: int, cause: int = -1
    ) -> None:
        """Let a running container end now; ``cause`` is the row of who did it."""
        now_us = self._env.now
        row = self._exited(sandbox, record.ended(now_us, exit_code, record.row), cause)
        sandbox.put(record.ended(now_us, exit_code, row))
        self.changed(sandbox)

    def stop_container(self, pod: Pod, container: str) -> int:
        """Ask a container to end; return the time it takes."""
        if self._called is not None:
            self._called("StopContainer", pod, container)
        return self._timings.stop_us(pod, container)

    def has_stopped(
        self, sandbox: Sandbox, record: ContainerRecord, cause: int
    ) -> None:
        """Have a container that was asked to end by now, unless it ended by itself."""
        now = sandbox.containers[record.name, record.attempt]
        if now.running:
            self.exit(sandbox, now, KILLED, cause)

    def stop_sandbox(self, sandbox: Sandbox) -> None:
        """Take the sandbox down; its containers have ended."""
        if self._called is not None:
            self._called("StopPodSandbox", sandbox.pod, "")
        if sandbox.ready:
            sandbox.is_up(up=False)
            self.changed(sandbox)

    def remove_container(self, sandbox: Sandbox, record: ContainerRecord) -> None:
        """Forget a container that ended."""
        if self._called is not None:
            self._called("RemoveContainer", sandbox.pod, record.name)
        if record.key in sandbox.containers:
            sandbox.drop(record.key)
            self._use.released(record.uses)
            self.changed(sandbox)

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        """Forget the sandbox."""
        if self._called is not None:
            self._called("RemovePodSandbox", sandbox.pod, "")
        sandbox.vanish()
        self.changed(sandbox)


def _nobody_hears(_: Sandbox) -> None:
    pass
