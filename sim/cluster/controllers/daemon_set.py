"""The DaemonSet controller: one pod on every eligible node.

What to do is decided in ``sim.rules.daemon_set``, by what ``daemon_set_facts`` tells;
here are the watches and timers.
Nodes that are cordoned or not ready are eligible: daemon pods tolerate that.

Source: pkg/controller/daemon (daemon_controller.go, update.go).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.daemon_set_facts import DaemonSetFacts
from sim.cluster.controllers.daemon_set_state import DaemonSetState
from sim.cluster.controllers.revisions import RESTARTED_AT, REVISION_LABEL
from sim.cluster.controllers.slow_start import slow_start
from sim.cluster.controllers.work_queue import FIRST_RETRY_US, WorkQueue
from sim.cluster.names import template_hash
from sim.cluster.objects import Node, Pod
from sim.cluster.streams import Draw
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import daemon_set as rules
from sim.rules.backoff import BackOff
from sim.rules.daemon_set import Acts, NodePods, PodState
from sim.scenario import model
from sim.units import MINUTE, SECOND

BURST_REPLICAS = 250
FAILED_PODS_INITIAL_US = SECOND
FAILED_PODS_MAX_US = 15 * MINUTE

Deletion = tuple[str, str, int]
"""Node, full name of the pod, row of the reason."""

_ENDED_ROWS = {
    PodState.FAILED: Kind.FAILED_DAEMON_POD,
    PodState.SUCCEEDED: Kind.SUCCEEDED_DAEMON_POD,
}


class DaemonSetController:
    """All DaemonSets; see ``watchers.Workloads``.

    ``wall_us`` is the wall clock's part of a second at time 0. Upstream walks through
    a map of nodes: ``draw`` shuffles them; without it the first that changed is first.
    """

    __slots__ = (
        "_api",
        "_draw",
        "_env",
        "_facts",
        "_failed",
        "_log",
        "_queue",
        "sets",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        api: APIServer,
        wall_us: int = 0,
        *,
        draw: Draw | None = None,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._draw = draw
        self._facts = DaemonSetFacts(env, api, wall_us)
        self.sets: dict[str, DaemonSetState] = {}
        self._failed = BackOff(FAILED_PODS_INITIAL_US, FAILED_PODS_MAX_US)
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        api.watch_pods_of("daemonset", self)
        api.nodes.watchers.append(self)

    def _wake(self, one: DaemonSetState, row: int) -> None:
        one.row = row
        self._queue.add(one.full_name)

    # --- what people ask for ---

    def apply(self, obj: model.DaemonSet, cause: int) -> None:
        """Create a DaemonSet, or replace the spec of one."""
        name = f"{obj.namespace}/daemonset/{obj.name}"
        one = self.sets.get(name)
        if one is None:
            one = self.sets[name] = DaemonSetState(obj, self._log.names.id(name))
        elif one.spec == obj:
            return
        one.spec = obj
        one.changed |= dict.fromkeys(one.known)
        self._wake(one, cause)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels (no ReplicaSet).

        A pod with other images than the template's is of an old revision.
        """
        one = self.sets[name]
        is_new = obj.template.images == one.spec.template.images
        template = one.spec.template if is_new else obj.template
        return {REVISION_LABEL: template_hash(template)}, ""

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return a DaemonSet's template, None if there is no such DaemonSet."""
        one = self.sets.get(name)
        return one.spec.template if one is not None else None

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Refuse: a DaemonSet has no replicas, and ``kubectl`` says so before."""
        del replicas, cause
        raise ValueError(f"{name} has no replicas to scale")

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template: the one thing that starts an update."""
        self.apply(replace(self.sets[name].spec, template=template), cause)

    def rollout_restart(self, name: str, cause: int) -> None:
        """Write a time into the template's annotations."""
        template = self.sets[name].spec.template
        stamp = {RESTARTED_AT: str(self._env.now)}
        annotations = template.annotations | stamp
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

    def node_changed(self, node: Node) -> None:
        """A node joined: sets that want it and have no pod there look at it."""
        for one in self.sets.values():
            one.changed[node.name] = None
            if one.wants(node) and not one.pods.get(node.name):
                one.node_rows[node.name] = node.joined_row
                self._wake(one, node.joined_row)

    def pod_created(self, pod: Pod, row: int) -> None:
        """Note a pod of one of our sets."""
        one = self.sets.get(pod.owner)
        if one is not None:
            one.note(pod)
            self._wake(one, row)

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's readiness or phase changed, or its deletion was asked for."""
        one = self.sets.get(pod.owner)
        if one is None:
            return
        one.note(pod)
        self._wake(one, row)
        min_ready_us = one.spec.min_ready_us
        if min_ready_us and pod.ready_us == self._env.now and not pod.terminating:
            self._queue.add_after(one.full_name, min_ready_us + SECOND)

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished."""
        one = self.sets.get(pod.owner)
        if one is not None:
            node = one.note(pod)
            if not one.pods[node]:
                one.node_rows[node] = row
            self._wake(one, row)

    # --- one pass ---

    def _sync(self, name: str) -> None:
        one = self.sets[name]
        one.revisions.use(one.spec.template)
        nodes = self._to_look_at(one)
        one.look(nodes, partial(self._facts.node, one))
        done = self._manage(one, nodes)
        if done is None and one.spec.strategy == "RollingUpdate":
            done = self._update(one)
        one.look(one.changed, partial(self._facts.node, one))
        self._clean_up(one)
        self._look_again(one)
        if done is False:
            self._queue.add_rate_limited(name)
        else:
            self._queue.forget(name)

    def _to_look_at(self, one: DaemonSetState) -> list[str]:
        nodes = self._api.nodes
        new = sum(name in nodes and name not in one.known for name in one.changed)
        if one.existing + new != len(nodes):
            # Nobody is told of a node that is deleted.
            one.changed |= dict.fromkeys(nodes) | dict.fromkeys(one.known)
        names = one.changed | one.maturing
        one.changed = {}
        return self._shuffled(names)

    def _manage(self, one: DaemonSetState, names: list[str]) -> bool | None:
        """See to one live pod on each node; burst and back-off leave some for later."""
        create: list[str] = []
        delete: list[Deletion] = []
        for name in names:
            node = one.known.get(name)
            if node is None:
                continue
            acts = rules.manage(node, surge=one.surges)
            create += [name] * acts.create
            delete += [(name, pod, one.row) for pod in acts.delete]
            delete += self._ended(one, node)
            if acts != Acts() or rules.ended(node):
                one.changed[name] = None
        return self._act(one, create, delete)

    def _ended(self, one: DaemonSetState, node: NodePods) -> Iterator[Deletion]:
        """Yield pods that ended; failed ones of a node are let go at a slowing pace."""
        for pod in rules.ended(node):
            failed = pod.state is PodState.FAILED
            if failed and not self._may_delete(one, node.node):
                continue
            row = self._log.append(
                _ENDED_ROWS[pod.state],
                object=one.id,
                pod=one.pods[node.node][pod.name].id,
                node=self._log.names.id(node.node),
                cause=one.row,
            )
            yield node.node, pod.name, row

    def _may_delete(self, one: DaemonSetState, node: str) -> bool:
        key, now = f"{one.full_name}/{node}", self._env.now
        if self._failed.is_in_backoff_since_update(key, now):
            self._queue.add_after(one.full_name, self._failed.get(key))
            return False
        self._failed.next(key, now)
        return True

    def _update(self, one: DaemonSetState) -> bool | None:
        spec = one.spec
        posts = rules.limits(
            spec.strategy, spec.max_surge, spec.max_unavailable, one.status.desired
        )
        groups = {
            at: self._shuffled(nodes) for at, nodes in one.groups.items() if nodes
        }
        try:
            update = rules.rolling_update(groups, posts)
        except rules.MissingNodeError:
            return False
        delete = [(node, rules.old_pod(one.known[node])) for node in update.replace]
        rows = [(node, pod, one.row) for node, pod in delete]
        return self._act(one, list(update.create), rows)

    def _act(
        self, one: DaemonSetState, create: list[str], delete: list[Deletion]
    ) -> bool | None:
        """Create and delete; None if there was nothing to do, False if refused."""
        if not (create or delete):
            return None
        done = slow_start(
            create[:BURST_REPLICAS], lambda node: self._create_on(one, node)
        )
        for node, name, row in delete[:BURST_REPLICAS]:
            self._api.delete_pod(one.pods[node][name], row, by=one.spec.name)
        if done:
            # The watch of these pods starts another pass before the status written
            # by this one is seen: that pass meets a write conflict, and is repeated.
            self._queue.add_after(one.full_name, FIRST_RETRY_US)
        return done

    def _create_on(self, one: DaemonSetState, node: str) -> Pod | None:
        template = one.spec.template
        labels = template.labels | {REVISION_LABEL: one.revisions.current}
        return self._api.create_pod(
            one.spec.namespace,
            f"{one.spec.name}-",
            replace(template, labels=labels),
            cause=one.node_rows.pop(node, one.row),
            owner=one.full_name,
            target_node=node,
        )

    def _look_again(self, one: DaemonSetState) -> None:
        """Look again later if a pod is ready, but not for long enough.

        Source: daemon_controller.go, updateDaemonSetStatus.
        """
        status = one.status
        if one.spec.min_ready_us and status.ready != status.available:
            self._queue.add_after(one.full_name, one.spec.min_ready_us)

    def _clean_up(self, one: DaemonSetState) -> None:
        limit = one.spec.revision_history_limit
        if len(one.revisions.old()) > limit:
            one.revisions.clean_up(limit, one.labels(REVISION_LABEL))

    def _shuffled(self, names: Iterable[str]) -> list[str]:
        draw = self._draw
        return list(names) if draw is None else sorted(names, key=lambda _: draw())
