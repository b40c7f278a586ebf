"""The stopping of one pod's containers, together or one after another.

Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainersWithSyncResult)
and kuberuntime_termination_order.go.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.runtime.runtime_service import RuntimeService
from sim.cluster.runtime.sandbox import ContainerRecord, Sandbox

Going = tuple[ContainerRecord, int]
"""An instance to stop, and the row that says why."""


class Runtime(Protocol):
    """What a stop needs of its node."""

    env: Clock
    service: RuntimeService
    stopped: bool


class PodStop:
    """A stop under way; nothing comes of it once the machine is off."""

    __slots__ = ("_done", "_left", "_next", "_runtime", "_sandbox")

    def __init__(
        self, runtime: Runtime, sandbox: Sandbox, done: Callable[[], None]
    ) -> None:
        self._runtime = runtime
        self._sandbox = sandbox
        self._done = done
        self._left = 0
        self._next: Iterator[Going] = iter(())

    def stop(self, together: Sequence[Going], then: Iterator[Going]) -> None:
        """Stop some at the same time, then others one after another.

        ``then`` is asked for the next one when its turn has come.
        """
        self._next = then
        self._left = len(together)
        for one in together:
            self._stop(*one)
        if not together:
            self._go_on()

    def _stop(self, record: ContainerRecord, row: int) -> None:
        service = self._runtime.service
        after_us = service.stop_container(self._sandbox.pod, record.name)
        if after_us:
            stopped = partial(self._stopped, record, row)
            self._runtime.env.call_after(after_us, stopped)
        else:
            self._stopped(record, row)

    def _stopped(self, record: ContainerRecord, row: int) -> None:
        if self._runtime.stopped:
            return
        self._runtime.service.has_stopped(self._sandbox, record, row)
        self._left -= 1
        if self._left <= 0:
            self._go_on()

    def _go_on(self) -> None:
        following = next(self._next, None)
        if following is None:
            self._done()
        else:
            self._stop(*following)
