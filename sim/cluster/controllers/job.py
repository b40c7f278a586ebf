"""The Job controller: pods that run to their end, so many at a time.

Source: pkg/controller/job/job_controller.go. What to do is decided in
``sim.rules.job``; here are the watches and the timers.
"""

from collections.abc import Callable

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.work_queue import WorkQueue
from sim.cluster.objects import Phase, Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules import job as rules
from sim.rules.job import JobFailure, JobOrder, JobPods
from sim.scenario import model
from sim.units import SECOND

# Changes of pods are gathered for so long before a Job is looked at again.
BATCH_US = SECOND
JOB_NAME = "batch.kubernetes.io/job-name"
_ENDED = (Phase.SUCCEEDED, Phase.FAILED)


class JobState:
    """A Job with its pods. ``owner`` is what a person wrote: the Job or its CronJob.

    ``row`` is the row that its next pods are due to; ``ended`` the reason of its last
    condition, "" while it is active.
    """

    __slots__ = (
        "_outcomes",
        "ended",
        "failed_in_a_row",
        "last_failure_us",
        "owner",
        "pods",
        "row",
        "spec",
        "start_us",
    )

    def __init__(
        self, spec: model.Job, owner: str, start_us: int | None, row: int
    ) -> None:
        self.spec = spec
        self.owner = owner
        self.start_us = start_us
        self.row = row
        self.ended = ""
        self.pods: dict[str, Pod] = {}
        self.failed_in_a_row = 0
        self.last_failure_us = 0
        self._outcomes: dict[str, bool] = {}  # UID -> whether the pod ended well

    @property
    def full_name(self) -> str:
        """``namespace/name``."""
        return f"{self.spec.namespace}/{self.spec.name}"

    @property
    def order(self) -> JobOrder:
        """What the Job asks for."""
        job = self.spec.job
        return JobOrder(
            parallelism=0 if job.suspend else job.parallelism,
            completions=job.completions,
            backoff_limit=job.backoff_limit,
            active_deadline_us=job.active_deadline_us,
            counts_restarts=self.spec.template.spec.restart_policy == "OnFailure",
        )

    def note(self, pod: Pod, now_us: int) -> None:
        """Count a pod that ended; one that is deleted before its end has failed.

        Source: job_controller.go, isPodFailed and getNewFinishedPods.
        """
        well = pod.status.phase is Phase.SUCCEEDED
        over = well or pod.status.phase is Phase.FAILED or pod.terminating
        if not over or pod.uid in self._outcomes:
            return
        self._outcomes[pod.uid] = well
        self.failed_in_a_row = 0 if well else self.failed_in_a_row + 1
        if not well:
            self.last_failure_us = now_us

    def active(self) -> list[Pod]:
        """Pods that have not ended and are not being deleted."""
        return [
            pod
            for pod in self.pods.values()
            if pod.status.phase not in _ENDED and not pod.terminating
        ]

    def counts(self) -> JobPods:
        """Return the pods as the rules count them."""
        active = self.active()
        succeeded = sum(self._outcomes.values())
        return JobPods(
            active=len(active),
            succeeded=succeeded,
            failed=len(self._outcomes) - succeeded,
            restarts=sum(_restarts(pod) for pod in active),
            failed_in_a_row=self.failed_in_a_row,
            last_failure_us=self.last_failure_us,
        )


def _restarts(pod: Pod) -> int:
    status = pod.status
    return sum(c.restart_count for c in (*status.init_containers, *status.containers))


class JobController:
    """All Jobs; see ``watchers.Workloads``. ``end_watchers`` hear of ends."""

    __slots__ = ("_api", "_env", "_log", "_queue", "end_watchers", "jobs")

    def __init__(self, env: Clock, log: EventLog, api: APIServer) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        self.jobs: dict[str, JobState] = {}
        self.end_watchers: list[Callable[[JobState], None]] = []
        for kind in ("job", "cronjob"):
            api.watch_pods_of(kind, self)

    # --- what people ask for ---

    def apply(self, obj: model.Job, cause: int) -> None:
        """Create a Job; the template of one that is there cannot be changed."""
        known = self.jobs.get(f"{obj.namespace}/{obj.name}")
        if known is None:
            self.start(obj, f"{obj.namespace}/job/{obj.name}", cause)
        else:
            template = known.spec.template
            known.spec = model.Job(
                namespace=obj.namespace, name=obj.name, job=obj.job, template=template
            )
            if known.start_us is None and not obj.job.suspend:
                self._begin(known)
            self._queue.add(known.full_name)

    def start(self, obj: model.Job, owner: str, cause: int) -> JobState:
        """Create a Job that belongs to ``owner``."""
        job = JobState(obj, owner, None, cause)
        self.jobs[job.full_name] = job
        if not obj.job.suspend:
            self._begin(job)
        self._queue.add(job.full_name)
        return job

    def _begin(self, job: JobState) -> None:
        """The Job is active from now on: so is its deadline."""
        job.start_us = self._env.now
        deadline = job.spec.job.active_deadline_us
        if deadline is not None:
            self._queue.add_after(job.full_name, deadline)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels and the Job."""
        del obj
        job = name.rpartition("/")[2]
        return {JOB_NAME: job}, job

    def remove(self, job: JobState, cause: int) -> None:
        """Delete a Job with its pods."""
        self.jobs.pop(job.full_name, None)
        for pod in list(job.pods.values()):
            self._api.delete_pod(pod, cause)

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Refuse: a Job has no replicas, and ``kubectl`` says so before."""
        del replicas, cause
        raise ValueError(f"{name} has no replicas to scale")

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return a Job's template, None if there is no such Job."""
        job = self.jobs.get(name.replace("/job/", "/"))
        return job.spec.template if job is not None else None

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Refuse: the field is immutable, and ``kubectl`` says so before."""
        del template, cause
        raise ValueError(f"the template of {name} cannot be changed")

    def rollout_restart(self, name: str, cause: int) -> None:
        """Refuse: restarting a Job is not supported, and ``kubectl`` says so before."""
        del cause
        raise ValueError(f"{name} cannot be restarted")

    # --- watches ---

    def _of(self, pod: Pod) -> JobState | None:
        job = self.jobs.get(f"{pod.namespace}/{pod.replica_set}")
        return job if job is not None and job.owner == pod.owner else None

    def pod_created(self, pod: Pod, row: int) -> None:
        """Note a pod of one of our Jobs."""
        del row
        job = self._of(pod)
        if job is not None:
            job.pods[pod.full_name] = pod

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's readiness or phase changed, or its deletion was asked for."""
        job = self._of(pod)
        if job is not None:
            job.note(pod, self._env.now)
            job.row = row
            self._queue.add_after(job.full_name, BATCH_US)

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished."""
        job = self._of(pod)
        if job is not None:
            job.note(pod, self._env.now)
            job.pods.pop(pod.full_name, None)
            job.row = row
            self._queue.add_after(job.full_name, BATCH_US)

    # --- one pass ---

    def _sync(self, name: str) -> None:
        job = self.jobs.get(name)
        if job is None or job.ended or job.start_us is None:
            return
        pods, now = job.counts(), self._env.now
        failure = rules.failure(job.order, pods, now - job.start_us)
        if failure is not None:
            self._end(job, failure)
        elif rules.is_complete(job.order, pods):
            self._end(job, None)
        else:
            self._manage(job, rules.next_acts(job.order, pods, now))

    def _manage(self, job: JobState, acts: rules.JobActs) -> None:
        for pod in job.active()[: acts.delete]:
            self._api.delete_pod(pod, job.row, by=job.spec.name)
        for _ in range(acts.create):
            self._api.create_pod(
                job.spec.namespace,
                f"{job.spec.name}-",
                job.spec.template,
                cause=job.row,
                owner=job.owner,
                replica_set=job.spec.name,
            )
        if acts.again_in_us is not None:
            self._queue.add_after(job.full_name, acts.again_in_us)

    def _end(self, job: JobState, failure: JobFailure | None) -> None:
        """Write the last condition; pods that still run have no business any more."""
        names = self._log.names
        row = self._log.append(
            Kind.JOB_FAILED if failure else Kind.JOB_COMPLETED,
            object=names.id(job.owner),
            text=names.id(job.spec.name),
            reason=names.id(failure.value) if failure else NONE,
            cause=job.row,
        )
        job.ended = failure.value if failure else "Complete"
        for pod in job.active():
            self._api.delete_pod(pod, row, by=job.spec.name)
        ttl = job.spec.job.ttl_after_finished_us
        if ttl is not None:
            self._env.call_after(ttl, lambda: self.remove(job, row))
        for call in self.end_watchers:
            call(job)
