"""Put the pods of a cluster's saved state where they were: running, not starting.

As after a restart of the kubelet: it finds sandboxes and containers, and makes nothing
anew. Nothing of this is an event, for it happened before the run.
"""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.nodes.node_pool import NodePool
from sim.cluster.objects import Pod
from sim.cluster.runtime.sandbox import ContainerRecord, ContainerState
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.model import Instance, PodObject


class SavedPods:
    """Restores pods, one by one, before anything else happens."""

    __slots__ = ("_api", "_env", "_log", "_nodes")

    def __init__(
        self, env: Clock, log: EventLog, *, api: APIServer, nodes: NodePool
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._nodes = nodes

    def restore(self, obj: PodObject) -> None:
        """Let a pod be on its node, with the containers that ran there."""
        assert obj.saved is not None, obj.name  # noqa: S101 - it is a saved one
        names = self._log.names
        node = obj.template.spec.node_name
        row = self._log.append(
            Kind.POD_SAVED,
            pod=names.id(f"{obj.namespace}/{obj.name}"),
            node=names.id(node),
        )
        pod = self._api.adopt_pod(obj, row)
        images = obj.template.images
        records = [
            self._record(pod, images[instance.name], instance, row)
            for instance in obj.saved.instances
            if instance.name in images
        ]
        self._nodes.machines[node].kubelet.pod_found(pod, records)

    def _record(
        self, pod: Pod, image: str, instance: Instance, row: int
    ) -> ContainerRecord:
        """Return what the runtime lists of one container; its image is there too."""
        names = self._log.names
        digest = instance.image_id.rpartition("@")[2]
        image_ref = self._nodes.machines[pod.node].runtime.hold(
            image, instance.image_id
        )
        if instance.running:
            row = self._log.append(
                Kind.STARTED,
                node=names.id(pod.node),
                pod=pod.id,
                container=names.id(instance.name),
                image=names.id(image),
                digest=names.id(digest),
                amount=1,
                cause=row,
            )
        return ContainerRecord(
            name=instance.name,
            attempt=instance.restarts,
            state=ContainerState.RUNNING if instance.running else ContainerState.EXITED,
            asked=image,
            image=image,
            image_id=instance.image_id,
            digest=names.id(digest),
            row=row,
            uses=(image_ref,),
            started_us=self._env.now,
            finished_us=self._env.now,
        )
