"""The CronJob controller: a new Job whenever a schedule says so.

Source: pkg/controller/cronjob/cronjob_controllerv2.go.
"""

from dataclasses import dataclass, field, replace

from sim.cluster.clock import Clock
from sim.cluster.controllers.job import JobController, JobState
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.cron import Schedule, parse_schedule
from sim.scenario import model
from sim.units import MILLISECOND, MINUTE

# How long after its minute a CronJob is looked at (nextScheduleDelta).
DELTA_US = 100 * MILLISECOND


@dataclass(slots=True)
class CronJobState:
    """A CronJob, its schedule and its Jobs, oldest first.

    ``last_us`` is the due time of the last Job that was made, the time of creation
    before there is one.
    """

    spec: model.CronJob
    schedule: Schedule
    row: int
    last_us: int
    turn: int = 0  # counts specs: a timer of an older one is stale
    jobs: list[JobState] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """``namespace/cronjob/name``."""
        return f"{self.spec.namespace}/cronjob/{self.spec.name}"

    def active(self) -> list[JobState]:
        """Jobs that have not ended."""
        return [job for job in self.jobs if not job.ended]

    def missed(self, now_us: int) -> int | None:
        """Return the last due time that no Job was made for, None if there is none.

        One that is older than the deadline for starting is not made up for.

        Source: pkg/controller/cronjob/utils.go, nextScheduleTime.
        """
        since_us, deadline = self.last_us, self.spec.starting_deadline_us
        if deadline is not None:
            since_us = max(since_us, now_us - deadline - 1)
        return self.schedule.last(since_us, now_us)


class CronJobController:
    """All CronJobs; see ``watchers.Workloads``."""

    __slots__ = ("_env", "_jobs", "_log", "cron_jobs")

    def __init__(self, env: Clock, log: EventLog, jobs: JobController) -> None:
        self._env = env
        self._log = log
        self._jobs = jobs
        self.cron_jobs: dict[str, CronJobState] = {}
        jobs.end_watchers.append(self._job_ended)

    # --- what people ask for ---

    def apply(self, obj: model.CronJob, cause: int) -> None:
        """Create a CronJob, or replace the spec of one."""
        name = f"{obj.namespace}/cronjob/{obj.name}"
        schedule, now = parse_schedule(obj.schedule), self._env.now
        one = self.cron_jobs.setdefault(name, CronJobState(obj, schedule, cause, now))
        one.spec, one.schedule, one.row = obj, schedule, cause
        one.turn += 1
        if not obj.suspend:
            self._make_up(one)
            self._wait(one)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """A CronJob has no pods of its own."""
        raise ValueError(f"{obj.name} is of a Job, not of {name} itself")

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Refuse: a CronJob has no replicas, and ``kubectl`` says so before."""
        del replicas, cause
        raise ValueError(f"{name} has no replicas to scale")

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return the template of the Jobs' pods, None if there is no such CronJob."""
        one = self.cron_jobs.get(name)
        return one.spec.template if one is not None else None

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template of Jobs to come."""
        one = self.cron_jobs[name]
        one.spec, one.row = replace(one.spec, template=template), cause

    def rollout_restart(self, name: str, cause: int) -> None:
        """Refuse: this is not supported, and ``kubectl`` says so before."""
        del cause
        raise ValueError(f"{name} cannot be restarted")

    # --- the schedule ---

    def _wait(self, one: CronJobState) -> None:
        due_us = one.schedule.after(self._env.now)
        if due_us is None:
            return
        turn = one.turn

        def due() -> None:
            if one.turn == turn:
                self._make_up(one)
                self._wait(one)

        self._env.call_after(due_us + DELTA_US - self._env.now, due)

    def _make_up(self, one: CronJobState) -> None:
        """Make the Job of the last due time, unless it was made or may not be."""
        due_us = one.missed(self._env.now)
        if due_us is None:
            return
        active = one.active()
        if active and one.spec.concurrency == "Forbid":
            self._note(Kind.JOB_SKIPPED, one, active[-1].spec.name)
            return
        if one.spec.concurrency == "Replace":
            for job in active:
                one.jobs.remove(job)
                self._jobs.remove(job, one.row)
        name = f"{one.spec.name}-{due_us // MINUTE}"
        row = self._note(Kind.JOB_CREATED, one, name)
        obj = model.Job(
            namespace=one.spec.namespace,
            name=name,
            job=one.spec.job,
            template=one.spec.template,
        )
        one.last_us = due_us
        one.jobs.append(self._jobs.start(obj, one.full_name, row))

    def _note(self, kind: Kind, one: CronJobState, job: str) -> int:
        names = self._log.names
        return self._log.append(
            kind, object=names.id(one.full_name), text=names.id(job), cause=one.row
        )

    def _job_ended(self, job: JobState) -> None:
        """Delete the oldest finished Jobs beyond the limits; make up for a missed one.

        What Forbid skipped is made once the Job before it has ended.
        """
        one = self.cron_jobs.get(job.owner)
        if one is None:
            return
        if not one.spec.suspend:
            self._make_up(one)
        for well, limit in (
            (True, one.spec.successful_history_limit),
            (False, one.spec.failed_history_limit),
        ):
            over = [j for j in one.jobs if j.ended and (j.ended == "Complete") == well]
            for old in over[: max(0, len(over) - limit)]:
                one.jobs.remove(old)
                self._jobs.remove(old, one.row)
