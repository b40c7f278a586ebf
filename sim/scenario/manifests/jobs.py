"""The fields of Jobs and CronJobs, and their checks.

Source: pkg/apis/batch/validation/validation.go and pkg/apis/batch/v1/defaults.go.
"""

from sim.rules.cron import CronError, parse_schedule
from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.manifests.object_reader import ObjectReader
from sim.units import SECOND

RESTART_POLICIES = ("OnFailure", "Never")
JOB_TEMPLATE = ("spec", "jobTemplate")


def job(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.Job:
    """Return a Job."""
    spec = _job_spec(reader, ())
    return model.Job(namespace=namespace, name=name, template=template, job=spec)


def cron_job(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.CronJob:
    """Return a CronJob."""
    return model.CronJob(
        namespace=namespace,
        name=name,
        template=template,
        schedule=_schedule(reader),
        job=_job_spec(reader, JOB_TEMPLATE),
        concurrency=reader.choice(
            ("Allow", "Forbid", "Replace"), "spec", "concurrencyPolicy"
        ),
        suspend=reader.flag("spec", "suspend"),
        starting_deadline_us=_seconds(reader, ("spec", "startingDeadlineSeconds")),
        successful_history_limit=reader.number(
            "spec", "successfulJobsHistoryLimit", default=3
        ),
        failed_history_limit=reader.number("spec", "failedJobsHistoryLimit", default=1),
    )


def _schedule(reader: ObjectReader) -> str:
    text = reader.text("spec", "schedule", required=True)
    try:
        parse_schedule(text or "@hourly")
    except CronError as error:
        reader.fault(f"spec.schedule: {error}", "spec", "schedule")
        return "@hourly"
    return text or "@hourly"


def _job_spec(reader: ObjectReader, at: tuple[Step, ...]) -> model.JobSpec:
    spec = (*at, "spec")
    _check_restart_policy(reader, (*spec, "template", "spec", "restartPolicy"))
    parallelism = _optional(reader, (*spec, "parallelism"))
    completions = _optional(reader, (*spec, "completions"))
    if completions is None and parallelism is None:
        completions = 1
    return model.JobSpec(
        parallelism=1 if parallelism is None else parallelism,
        completions=completions,
        backoff_limit=reader.number(*spec, "backoffLimit", default=6),
        active_deadline_us=_seconds(reader, (*spec, "activeDeadlineSeconds")),
        ttl_after_finished_us=_seconds(reader, (*spec, "ttlSecondsAfterFinished")),
        suspend=reader.flag(*spec, "suspend"),
    )


def _optional(reader: ObjectReader, path: tuple[Step, ...]) -> int | None:
    """Return a whole number, None where it was left out."""
    return None if reader.get(int, *path) is None else reader.number(*path)


def _seconds(reader: ObjectReader, path: tuple[Step, ...]) -> int | None:
    """Return seconds as microseconds, None where they were left out."""
    seconds = _optional(reader, path)
    return None if seconds is None else seconds * SECOND


def _check_restart_policy(reader: ObjectReader, path: tuple[Step, ...]) -> None:
    policy = reader.text(*path)
    if policy not in RESTART_POLICIES:
        allowed = ", ".join(RESTART_POLICIES)
        found = repr(policy) if policy else "none (then it is Always)"
        reader.fault(
            f"restartPolicy: allowed in a Job: {allowed}; found {found}", *path
        )
