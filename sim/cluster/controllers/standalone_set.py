"""ReplicaSets and ReplicationControllers that people wrote: no Deployment, no rollout.

A change of the template changes nothing for the pods that are there.

Source: pkg/controller/replicaset and pkg/controller/replication.
"""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.cluster.controllers.replica_set_state import ReplicaSet
from sim.cluster.names import template_hash
from sim.scenario import model


def _changed(owner: str, row: int) -> None:
    """Nobody sizes these sets, so nobody hears of their status."""


def _one_more(owner: str, row: int) -> bool:
    """Nor of one more pod that is ready."""
    del owner, row
    return True


class StandaloneSetController:
    """All sets of one kind (``replicaset`` or ``replicationcontroller``)."""

    __slots__ = ("_kind", "_replicas", "sets")

    def __init__(self, env: Clock, api: APIServer, kind: str) -> None:
        self._kind = kind
        self._replicas = ReplicaSetController(env, api, _changed, _one_more, kind=kind)
        self.sets: dict[str, ReplicaSet] = {}

    def apply(
        self, obj: model.ReplicaSet | model.ReplicationController, cause: int
    ) -> None:
        """Create a set, or replace the spec of one."""
        name = f"{obj.namespace}/{self._kind}/{obj.name}"
        one = self.sets.get(name)
        if one is None:
            one = self.sets[name] = ReplicaSet(
                namespace=obj.namespace,
                name=obj.name,
                owner=name,
                template=obj.template,
                template_hash=template_hash(obj.template),
                number=len(self.sets),
                min_ready_us=obj.min_ready_us,
            )
            self._replicas.add(one)
        one.template = obj.template
        self.scale(name, obj.replicas, cause)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels and its set."""
        del obj
        return {}, self.sets[name].name

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Change the number of replicas."""
        one = self.sets[name]
        one.replicas, one.row = replicas, cause
        self._replicas.wake(one, cause)

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return a set's template, None if there is no such set."""
        one = self.sets.get(name)
        return one.template if one is not None else None

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template of pods to come."""
        one = self.sets[name]
        one.template, one.row = template, cause

    def rollout_restart(self, name: str, cause: int) -> None:
        """Refuse: this is not supported, and ``kubectl`` says so before."""
        del cause
        raise ValueError(f"{name} cannot be restarted")
