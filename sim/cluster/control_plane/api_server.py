"""The API server: desired state, admission, status, and who is told of changes.

Watches are calls: whoever subscribed hears of a change in the instant in which it
happens. Requests take no time and are never limited.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from sim.cluster import names
from sim.cluster.clock import Clock
from sim.cluster.control_plane import templates
from sim.cluster.control_plane.admission import Admission
from sim.cluster.control_plane.nodes import Nodes
from sim.cluster.control_plane.secrets import Secrets
from sim.cluster.control_plane.service_accounts import ServiceAccounts
from sim.cluster.control_plane.status_change import StatusChanges, runs
from sim.cluster.control_plane.watchers import PodWatcher, Workloads
from sim.cluster.objects import Node, NodeAgent, Pod, PodStatus
from sim.cluster.streams import Streams
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.admission import AdmissionError
from sim.scenario import model

NAMES_TRIED = 8
# Looking a member up takes longer than a call.
CREATED_ROW, SCHEDULED_ROW = Kind.POD_CREATED, Kind.SCHEDULED


class APIServer:
    """All objects of a cluster; ``image_volumes``: whether pods may have them."""

    __slots__ = (
        "_admission",
        "_applied",
        "_changes",
        "_controllers",
        "_early",
        "_env",
        "_log",
        "_numbers",
        "_pod_bound",
        "_suffixes",
        "_watching",
        "accounts",
        "nodes",
        "pod_watchers",
        "pods",
        "pods_running",
        "secrets",
        "workloads",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        streams: Streams,
        *,
        admission: tuple[str, ...] = (),
        image_volumes: bool = True,
    ) -> None:
        self._env = env
        self._log = log
        self._admission = Admission(admission, image_volumes=image_volumes)
        self._suffixes = streams.stream("api", "names")
        # namespace/kind/name -> the template as it was last applied
        self._applied: dict[str, model.PodTemplate] = {}
        self._changes = StatusChanges(log.names.id)
        self._controllers: dict[str, PodWatcher] = {}  # by the kind of their workloads
        self._watching: dict[str, PodWatcher | None] = {}  # by the owner of pods
        self._numbers = count(1)  # of what gets a UID
        self._early: dict[str, list[Pod]] = {}  # by the absent node that they name
        self.pods_running = 0
        self._pod_bound: list[Callable[[Pod], None]] = []
        self.secrets = Secrets(self._numbers)
        self.accounts = ServiceAccounts()
        self.pods: dict[str, Pod] = {}
        self.nodes = Nodes(log)
        self.pod_watchers: list[PodWatcher] = []
        self.workloads: dict[str, Workloads] = {}

    # --- objects that people write ---

    def apply(self, obj: model.KubernetesObject, cause: int) -> None:
        """``kubectl apply``: create an object, or change the one of that name.

        What others than the manifest wrote into a pod template stays.
        """
        if isinstance(obj, model.Workload):
            kind = type(obj).__name__.lower()
            self.replace(replace(obj, template=self._merged(kind, obj)), cause)
        else:
            self.replace(obj, cause)

    def replace(self, obj: model.KubernetesObject, cause: int) -> None:
        """``kubectl replace``: write an object whole; what is empty is filled in."""
        match obj:
            case model.PodObject():
                self.create_pod(obj.namespace, obj.name, obj.template, cause=cause)
            case (
                model.Deployment()
                | model.StatefulSet()
                | model.DaemonSet()
                | model.ReplicaSet()
                | model.ReplicationController()
                | model.Job()
                | model.CronJob()
            ):
                # Filled in once, here: an edit of the image does not recompute them.
                kind = type(obj).__name__.lower()
                template = self._admission.template(obj.template)
                self.workloads[kind].apply(replace(obj, template=template), cause)
            case model.Secret():
                self.secrets.apply(obj, cause)
            case model.ServiceAccount():
                accounts = self._admission.accounts.setdefault(obj.namespace, {})
                accounts[obj.name] = obj.image_pull_secrets
                self.accounts.apply(obj, cause)
            case model.Namespace():
                pass

    def _merged(self, kind: str, obj: model.Workload) -> model.PodTemplate:
        """Return an object's template as ``kubectl apply`` sends it."""
        name = f"{obj.namespace}/{kind}/{obj.name}"
        last = self._applied.get(name)
        live = self.workloads[kind].template_of(name)
        self._applied[name] = obj.template
        if last is None or live is None:
            return obj.template
        return templates.apply_over(live, last, obj.template)

    def set_image(
        self, namespace: str, kind: str, name: str, images: dict[str, str], cause: int
    ) -> None:
        """``kubectl set image``: the images alone; pull policies stay as they are."""
        full_name = f"{namespace}/{kind}/{name}"
        template = self.workloads[kind].template_of(full_name)
        if template is not None:
            changed = replace(
                template, spec=templates.with_images(template.spec, images)
            )
            self.workloads[kind].set_template(full_name, changed, cause)

    def has_service_account(self, namespace: str, name: str) -> bool:
        """Whether an account is there; every namespace has ``default``."""
        return name in self._admission.accounts_of(namespace)

    # --- pods ---

    def watch_pods_of(self, kind: str, watcher: PodWatcher) -> None:
        """Let a controller hear of the pods of one kind of workload.

        It hears after those that hear of all pods (``pod_watchers``).
        """
        self._controllers[kind] = watcher
        self._watching.clear()

    def _controller_of(self, pod: Pod) -> PodWatcher | None:
        owner = pod.owner
        try:
            return self._watching[owner]
        except KeyError:
            kind = owner.split("/")[1] if owner else ""
            watcher = self._watching[owner] = self._controllers.get(kind)
            return watcher

    def create_pod(
        self,
        namespace: str,
        name: str,
        template: model.PodTemplate,
        *,
        cause: int,
        owner: str = "",
        replica_set: str = "",
        target_node: str = "",
    ) -> Pod | None:
        """Write a pod; a name that ends in ``-`` gets a random suffix.

        ``target_node`` is the one node that its affinity allows. Returns None when
        admission refuses: the refusal is a row. Plug-ins see a generated name without
        its suffix, and so do their texts.
        """
        try:
            name, spec = self._admission.stored(
                namespace, name, template.spec, self._finished_name
            )
        except AdmissionError as error:
            self._deny(owner or f"{namespace}/pod/{name}", str(error), cause)
            return None
        pod = Pod(
            namespace=namespace,
            name=name,
            spec=spec,
            labels=template.labels,
            owner=owner,
            replica_set=replica_set,
            target_node=target_node,
            created_us=self._env.now,
        )
        self._write_pod(pod, cause)
        if spec.node_name:
            self.bind(pod, spec.node_name, pod.created_row)
        return pod

    def _finished_name(self, namespace: str, name: str) -> str:
        """Give a name that ends in ``-`` a suffix that makes it new.

        Source: k8s.io/apiserver pkg/registry/generic/registry/store.go, Create
        (RetryGenerateName, on since v1.31).
        """
        if not name.endswith("-"):
            return name
        for _ in range(NAMES_TRIED):
            whole = name + names.suffix(self._suffixes)
            if f"{namespace}/{whole}" not in self.pods:
                return whole
        raise AdmissionError(
            f'pods "{whole}" already exists, the server was not able to generate a '
            "unique name for the object"
        )

    def _write_pod(self, pod: Pod, cause: int) -> None:
        ids = self._log.names.id
        pod.number = next(self._numbers)
        pod.id = number = ids(pod.full_name)
        pod.created_row = row = self._log.append(
            CREATED_ROW,
            pod=number,
            object=ids(pod.owner),
            text=ids(pod.replica_set),
            cause=cause,
        )
        self.pods[pod.full_name] = pod
        for watcher in self.pod_watchers:
            watcher.pod_created(pod, row)
        controller = self._controller_of(pod)
        if controller is not None:
            controller.pod_created(pod, row)

    def adopt_pod(self, obj: model.PodObject, cause: int) -> Pod:
        """Write a pod that was there already, on its node; its kubelet knows of it."""
        saved, template = obj.saved or model.SavedPod(), obj.template
        spec = self._admission.template(template).spec
        labels, replica_set, kind = template.labels, saved.replica_set, ""
        if saved.owner:
            kind = saved.owner.split("/")[1]
            more, replica_set = self.workloads[kind].adopt(saved.owner, obj)
            labels = labels | more
        pod = Pod(
            namespace=obj.namespace,
            name=obj.name,
            spec=spec,
            labels=labels,
            owner=saved.owner,
            replica_set=replica_set,
            target_node=spec.node_name if kind == "daemonset" else "",
            created_us=self._env.now,
        )
        self._write_pod(pod, cause)
        self._put_on(pod, self.nodes[spec.node_name], cause)
        return pod

    def _deny(self, about: str, error: str, cause: int) -> None:
        ids = self._log.names.id
        self._log.append(
            Kind.ADMISSION_DENIED, object=ids(about), text=ids(error), cause=cause
        )

    def with_images(self, pod: Pod, images: dict[str, str]) -> model.PodSpec:
        """Return a pod's spec with other images (container -> image), admitted.

        Policies are not recomputed: no field of a stored pod is empty. Raises
        ``AdmissionError``.
        """
        return self._admission.update(
            pod.name, pod.spec, templates.with_images(pod.spec, images)
        )

    def set_pod_image(self, pod: Pod, images: dict[str, str], cause: int) -> None:
        """Edit the images of a pod that is there; its kubelet hears of it.

        Raises ``AdmissionError``, in the API server's words, if the edit is refused.
        """
        pod.spec = self.with_images(pod, images)
        pod.spec_row = cause
        home = self._home_of(pod)
        if home is not None:
            home.agent.pod_changed(pod)

    def delete_pod(self, pod: Pod, cause: int, *, by: str = "") -> None:
        """Ask for a pod's deletion; one that is on no node vanishes at once."""
        if pod.terminating or pod.gone:
            return
        pod.deleted_us = self._env.now
        pod.deleted_row = self._log.append(
            Kind.POD_DELETED,
            pod=pod.id,
            object=self._log.names.id(pod.owner),
            text=self._log.names.id(by),
            cause=cause,
        )
        self._tell_updated(pod, pod.deleted_row)
        home = self._home_of(pod)
        if home is None:
            self.remove_pod(pod, pod.deleted_row)
        else:
            home.agent.pod_deleted(pod)

    def remove_pod(self, pod: Pod, cause: int) -> None:
        """Let a pod vanish: its kubelet has confirmed that nothing of it runs."""
        if pod.gone:
            return
        pod.gone = True
        self.pods_running -= runs(pod.status)
        row = self._log.append(Kind.POD_GONE, pod=pod.id, cause=cause)
        del self.pods[pod.full_name]
        home = self._home_of(pod)
        if home is not None:
            home.drop(pod)
        for watcher in self.pod_watchers:
            watcher.pod_gone(pod, row)
        controller = self._controller_of(pod)
        if controller is not None:
            controller.pod_gone(pod, row)

    def _tell_updated(self, pod: Pod, row: int) -> None:
        for watcher in self.pod_watchers:
            watcher.pod_updated(pod, row)
        controller = self._controller_of(pod)
        if controller is not None:
            controller.pod_updated(pod, row)

    def bind(self, pod: Pod, node: str, cause: int) -> None:
        """Assign a pod to the node of a name, be it there or not."""
        home = self.nodes.get(node)
        if home is None:
            # Nobody is there to run it: it stays Pending until the node joins.
            pod.node = node
            self._early.setdefault(node, []).append(pod)
            return
        self.bind_to(pod, home, cause)

    def bind_to(self, pod: Pod, home: Node, cause: int) -> None:
        """Assign a pod to a node that is there."""
        self._put_on(pod, home, cause)
        home.agent.pod_added(pod)

    def _put_on(self, pod: Pod, home: Node, cause: int) -> None:
        pod.home, pod.node = home, home.name
        home.pods.append(pod)
        pod.scheduled_row = pod.spec_row = self._log.append(
            SCHEDULED_ROW, pod=pod.id, node=home.id, cause=cause
        )
        for call in self._pod_bound:
            call(pod)

    def _home_of(self, pod: Pod) -> Node | None:
        """Return the node of a pod, None if it is on none.

        It may be gone. One of that name that has joined since then is found by it.
        """
        home = pod.home
        if home is None or home.gone:
            home = pod.home = self.nodes.get(pod.node, home)
        return home

    def update_pod_status(self, pod: Pod, status: PodStatus, cause: int) -> None:
        """Write a pod's status and record what changed of it."""
        change = self._changes.between(pod.status, status)
        pod.status = status
        row = cause
        if change.packed:
            home = self._home_of(pod)
            node = NONE if home is None or home.gone else home.id
            row = self._log.append_of_pod(change.packed, node, pod.id, cause)
        self.pods_running += change.running
        if change.ready is not None:
            pod.ready_us = self._env.now if change.ready else None
        if change.told:
            self._tell_updated(pod, row)

    # --- nodes ---

    def register_node(self, node: Node, agent: NodeAgent) -> None:
        """A node joins."""
        node.agent = agent
        self.nodes[node.name] = node
        for pod in self._early.pop(node.name, []):
            if not pod.gone:
                self.bind_to(pod, node, pod.created_row)
        self.nodes.tell_changed(node)

    def when_pod_is_bound(self, call: Callable[[Pod], None]) -> None:
        """Let somebody know of every pod that got its node."""
        self._pod_bound.append(call)
