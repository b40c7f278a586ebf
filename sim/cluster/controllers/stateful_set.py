"""The StatefulSet controller: pods with ordinals, one revision after another.

Source: pkg/controller/statefulset (stateful_set.go, stateful_set_control.go).
"""

from dataclasses import replace

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.revisions import RESTARTED_AT, REVISION_LABEL, Revisions
from sim.cluster.controllers.work_queue import WorkQueue
from sim.cluster.objects import Phase, Pod
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.stateful_set import (
    Create,
    Member,
    Order,
    Status,
    is_complete,
    next_acts,
    status_of,
)
from sim.scenario import model
from sim.units import SECOND

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
_ENDED = (Phase.SUCCEEDED, Phase.FAILED)


class StatefulSetState:
    """A StatefulSet with its pods, revisions and status.

    ``current`` and ``update`` name ControllerRevisions. ``size_row`` is the act that
    asked for this number of replicas, ``update_row`` the one that changed anything
    else last, and ``changes`` the last row of an ordinal's pod.
    """

    __slots__ = (
        "changes",
        "current",
        "due_us",
        "pods",
        "revisions",
        "size_row",
        "spec",
        "status",
        "update",
        "update_row",
    )

    def __init__(self, spec: model.StatefulSet) -> None:
        self.spec = spec
        self.size_row = NONE
        self.update_row = NONE
        self.pods: dict[int, Pod] = {}
        self.changes: dict[int, int] = {}
        self.revisions = Revisions()
        self.current = ""
        self.update = ""
        self.status = Status()
        self.due_us: int | None = None

    def named(self, hashed: str) -> str:
        """Return the name of the revision with a hash."""
        return f"{self.spec.name}-{hashed}"

    @property
    def full_name(self) -> str:
        """``namespace/statefulset/name``."""
        return f"{self.spec.namespace}/statefulset/{self.spec.name}"


class StatefulSetController:
    """All StatefulSets; see ``watchers.Workloads``.

    ``max_unavailable`` is the feature gate MaxUnavailableStatefulSet. ``wall_us`` is
    the wall clock's part of a second at time 0: API times have whole seconds.
    """

    __slots__ = ("_api", "_env", "_gate", "_log", "_queue", "_wall_us", "sets")

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        api: APIServer,
        wall_us: int = 0,
        *,
        max_unavailable: bool = False,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._wall_us = wall_us
        self._gate = max_unavailable
        self.sets: dict[str, StatefulSetState] = {}
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        api.watch_pods_of("statefulset", self)

    # --- what people ask for ---

    def apply(self, obj: model.StatefulSet, cause: int) -> None:
        """Create a StatefulSet, or replace the spec of one."""
        name = f"{obj.namespace}/statefulset/{obj.name}"
        known = self.sets.get(name)
        if known is None:
            known = self.sets[name] = StatefulSetState(obj)
            known.size_row = known.update_row = cause
        if obj.replicas != known.spec.replicas:
            known.size_row = cause
        if replace(obj, replicas=known.spec.replicas) != known.spec:
            known.update_row = cause
        known.spec = obj
        _note_revision(known)
        self._queue.add(name)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels (no ReplicaSet).

        Pods with other images than the template's are of the current revision, from
        which an update was under way.
        """
        one = self.sets[name]
        if obj.template.images == one.spec.template.images:
            return {REVISION_LABEL: one.update}, ""
        if one.current == one.update:
            one.current = one.named(one.revisions.note_older(obj.template))
        return {REVISION_LABEL: one.current}, ""

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Change the number of replicas."""
        self.apply(replace(self.sets[name].spec, replicas=replicas), cause)

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return the template of a set, None if there is no such."""
        known = self.sets.get(name)
        return known.spec.template if known else None

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template: the one thing that starts a rollout."""
        self.apply(replace(self.sets[name].spec, template=template), cause)

    def rollout_restart(self, name: str, cause: int) -> None:
        """Write a time into the template's annotations."""
        template = self.sets[name].spec.template
        annotations = template.annotations | {RESTARTED_AT: str(self._env.now)}
        self.set_template(name, replace(template, annotations=annotations), cause)

    def rollout_undo(self, name: str, cause: int, to_revision: int = 0) -> bool:
        """Return to the template of a revision, 0 = the one before.

        False if it is the current one: then nothing changes. Raises
        ``RefusedError`` if there is no such revision.
        """
        one = self.sets[name]
        template = one.revisions.undo_target(to_revision)
        if template == one.spec.template:
            return False
        self.set_template(name, template, cause)
        return True

    def rollout_history(self, name: str) -> list[int]:
        """Return the numbers of the revisions that are kept, lowest first."""
        return [revision.number for revision in self.sets[name].revisions.all()]

    # --- watches ---

    def _of(self, pod: Pod) -> StatefulSetState | None:
        return self.sets.get(pod.owner)

    def pod_created(self, pod: Pod, row: int) -> None:
        """A pod of a set was written."""
        one = self._of(pod)
        if one is not None:
            one.pods[ordinal_of(pod)] = pod
            one.changes[ordinal_of(pod)] = row
            self._queue.add(one.full_name)

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's readiness or phase changed, or its deletion was asked for."""
        one = self._of(pod)
        if one is None:
            return
        one.changes[ordinal_of(pod)] = row
        self._queue.add(one.full_name)
        if pod.ready_us == self._env.now and one.spec.min_ready_us:
            # A second more than needed; the pass itself asks for an earlier look.
            self._look_again(one, self._env.now + one.spec.min_ready_us + SECOND)

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished: its name is free again."""
        one = self._of(pod)
        if one is not None:
            ordinal = ordinal_of(pod)
            del one.pods[ordinal]
            one.changes[ordinal] = row
            if ordinal not in self._order(one).ordinals:
                # One that comes again will be due to the act that asks for it.
                del one.changes[ordinal]
            self._queue.add(one.full_name)

    def _look_again(self, one: StatefulSetState, due_us: int) -> None:
        """Let a set be looked at then, unless it will be before.

        Source: client-go util/workqueue/delaying_queue.go, insert.
        """
        if one.due_us is not None and one.due_us <= due_us:
            return
        one.due_us = due_us

        def due() -> None:
            if one.due_us == due_us:
                one.due_us = None
                self._queue.add(one.full_name)

        self._env.call_after(due_us - self._env.now, due)

    # --- one pass ---

    def _sync(self, name: str) -> None:
        one = self.sets[name]
        order = self._order(one)
        members = {n: self._member(one, pod) for n, pod in one.pods.items()}
        one.status = status_of(members, one.current, one.update)
        acts = next_acts(order, members, one.current, one.update)
        for act in acts:
            if isinstance(act, Create):
                self._create(one, act)
            else:
                self._delete(one, act.ordinal, order)
        if is_complete(order, one.status) and one.current != one.update:
            one.current = one.update
            self._queue.add(name)
        _truncate_history(one)
        if one.spec.min_ready_us and one.status.available != one.spec.replicas:
            self._await_availability(one)

    def _order(self, one: StatefulSetState) -> Order:
        spec = one.spec
        return Order(
            replicas=spec.replicas,
            ordered=spec.pod_management == "OrderedReady",
            rolling=spec.strategy == "RollingUpdate",
            partition=spec.partition,
            max_unavailable=spec.max_unavailable if self._gate else None,
            start=spec.start_ordinal,
        )

    def _member(self, one: StatefulSetState, pod: Pod) -> Member:
        available_us = self._available_us(one, pod)
        return Member(
            revision=_revision(pod),
            ready=pod.ready,
            available=available_us is not None and available_us <= self._env.now,
            terminating=pod.terminating,
            ended=pod.status.phase in _ENDED,
        )

    def _available_us(self, one: StatefulSetState, pod: Pod) -> int | None:
        """Return from when on a pod counts as available, None while not ready."""
        if not pod.ready or pod.ready_us is None:
            return None
        if not one.spec.min_ready_us:
            return pod.ready_us
        wall = pod.ready_us + self._wall_us
        return wall - wall % SECOND - self._wall_us + one.spec.min_ready_us

    def _await_availability(self, one: StatefulSetState) -> None:
        times = (self._available_us(one, pod) for pod in one.pods.values())
        later = [t for t in times if t is not None and t > self._env.now]
        if later:
            self._look_again(one, min(later))

    def _delete(self, one: StatefulSetState, ordinal: int, order: Order) -> None:
        """Delete a pod that is surplus, has ended, or is of another revision."""
        pod = one.pods[ordinal]
        cause = one.update_row
        if ordinal not in order.ordinals:
            cause = one.size_row
        elif pod.status.phase in _ENDED:
            cause = one.changes[ordinal]
        self._api.delete_pod(pod, cause, by=one.spec.name)

    def _create(self, one: StatefulSetState, act: Create) -> None:
        name = f"{one.spec.name}-{act.ordinal}"
        template = one.revisions.template(act.revision.rpartition("-")[2])
        labels = template.labels | {
            REVISION_LABEL: act.revision,
            POD_NAME: name,
            POD_INDEX: str(act.ordinal),
        }
        self._api.create_pod(
            one.spec.namespace,
            name,
            replace(template, labels=labels),
            cause=one.changes.get(act.ordinal, one.size_row),
            owner=one.full_name,
        )


def _note_revision(one: StatefulSetState) -> None:
    """Note the revision of the current template; an equal one is used again."""
    one.revisions.use(one.spec.template)
    one.update = one.named(one.revisions.current)
    one.current = one.current or one.update


def _truncate_history(one: StatefulSetState) -> None:
    live = {one.current, one.update, *(_revision(p) for p in one.pods.values())}
    spare = [r.hash for r in one.revisions.old() if one.named(r.hash) not in live]
    for hashed in spare[: max(0, len(spare) - one.spec.revision_history_limit)]:
        one.revisions.forget(hashed)


def ordinal_of(pod: Pod) -> int:
    """Return the number at the end of a pod's name."""
    return int(pod.name.rpartition("-")[2])


def _revision(pod: Pod) -> str:
    return pod.labels[REVISION_LABEL]
