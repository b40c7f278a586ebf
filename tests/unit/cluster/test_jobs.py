"""Jobs and CronJobs in whole runs."""

from pathlib import Path

import pytest

from sim.analysis.events import kubernetes_events
from sim.cluster.world import simulate
from sim.errors import ScenarioError
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario

HEAD = """\
title: jobs
until: 20m
images: [{name: r.example/task, builds: {v1: {size: 20MB}}, tags: {v1: v1}}]
nodes: [{name: n, count: 2}]
"""
JOB = """
  - apiVersion: batch/v1
    kind: Job
    metadata: {name: task}
    spec:
      %s
      template: {spec: {restartPolicy: %s, containers: [{name: c, image: "%s"}]}}
"""
CRON = """
  - apiVersion: batch/v1
    kind: CronJob
    metadata: {name: nightly}
    spec:
      schedule: "*/5 * * * *"
      %s
      jobTemplate:
        spec:
          template:
            spec: {restartPolicy: Never, containers: [{name: c, image: "%s"}]}
"""
THERE, MISSING = "r.example/task:v1", "r.example/task:v2"


def run(tmp_path: Path, objects: str, timeline: str = "") -> EventLog:
    path = tmp_path / "s.yaml"
    path.write_text(f"{HEAD}objects:{objects}{timeline}", encoding="utf-8")
    log, _ = simulate(load_scenario(path).variants[0])
    return log


def count(log: EventLog, kind: Kind) -> int:
    return len(list(log.rows(kind)))


def test_a_job_runs_so_many_at_once_until_enough_ended_well(tmp_path: Path) -> None:
    """Five completions, two at a time: five pods, one condition, one event."""
    job = JOB % ("completions: 5\n      parallelism: 2", "Never", THERE)

    log = run(tmp_path, job)

    assert count(log, Kind.POD_CREATED) == 5
    assert [row.text for row in log.rows(Kind.JOB_COMPLETED)] == ["task"]
    events = [e for e in kubernetes_events(log, {}) if e.object == "job/task"]
    assert [e.reason for e in events] == ["SuccessfulCreate"] * 5 + ["Completed"]
    assert {e.component for e in events} == {"job-controller"}


def test_a_missing_image_keeps_a_job_active_for_ever(tmp_path: Path) -> None:
    """Waiting for an image is no failure, whatever the limit."""
    log = run(tmp_path, JOB % ("backoffLimit: 0", "Never", MISSING))

    assert count(log, Kind.POD_CREATED) == 1
    assert count(log, Kind.JOB_FAILED) == count(log, Kind.JOB_COMPLETED) == 0


def test_a_deadline_ends_it(tmp_path: Path) -> None:
    """At its deadline the Job fails and its pod is deleted."""
    log = run(tmp_path, JOB % ("activeDeadlineSeconds: 60", "Never", MISSING))

    (failed,) = log.rows(Kind.JOB_FAILED)
    assert (failed.reason, failed.time_us) == ("DeadlineExceeded", 60_000_000)
    (event,) = [e for e in kubernetes_events(log, {}) if e.type == "Warning"][-1:]
    assert event.message == "Job was active longer than specified deadline"
    (deleted,) = log.rows(Kind.POD_DELETED)
    assert deleted.cause == failed.row


def test_failed_pods_are_replaced_ever_more_slowly(tmp_path: Path) -> None:
    """Pods that are deleted before their end have failed; too many end the Job."""
    job = JOB % ("backoffLimit: 1", "Never", MISSING)
    timeline = "timeline:\n" + "".join(
        f"  - {{at: {minute}m, run: kubectl delete pod task-}}\n" for minute in (2, 4)
    )

    log = run(tmp_path, job, timeline)

    made = [row.time_us for row in log.rows(Kind.POD_CREATED)]
    gone = [row.time_us for row in log.rows(Kind.POD_DELETED)]
    assert len(made) == 2
    assert made[1] - gone[0] == pytest.approx(10_000_000, abs=1_000_000)
    (failed,) = log.rows(Kind.JOB_FAILED)
    assert failed.reason == "BackoffLimitExceeded"


def test_a_finished_job_is_removed_after_its_time(tmp_path: Path) -> None:
    """Its ttlSecondsAfterFinished deletes the Job with its pods."""
    log = run(tmp_path, JOB % ("ttlSecondsAfterFinished: 60", "Never", THERE))

    (done,) = log.rows(Kind.JOB_COMPLETED)
    (deleted,) = log.rows(Kind.POD_DELETED)
    assert deleted.time_us - done.time_us == 60_000_000


def test_a_cron_job_makes_a_job_at_every_due_time(tmp_path: Path) -> None:
    """Every five minutes, named by the minute; the explanation ends at the apply."""
    log = run(tmp_path, CRON % ("suspend: false", THERE))

    made = list(log.rows(Kind.JOB_CREATED))
    assert [row.text for row in made] == ["nightly-5", "nightly-10", "nightly-15"]
    assert log[made[0].cause].kind is Kind.APPLIED
    assert count(log, Kind.JOB_COMPLETED) == 3


@pytest.mark.parametrize(
    ("policy", "made", "skipped"),
    [("Allow", 3, 0), ("Forbid", 1, 2), ("Replace", 3, 0)],
)
def test_stuck_jobs_pile_up_or_do_not(
    tmp_path: Path, policy: str, made: int, skipped: int
) -> None:
    """What a job that waits for its image means for the next."""
    log = run(tmp_path, CRON % (f"concurrencyPolicy: {policy}", MISSING))

    assert count(log, Kind.JOB_CREATED) == made
    assert count(log, Kind.JOB_SKIPPED) == skipped
    left = count(log, Kind.POD_CREATED) - count(log, Kind.POD_GONE)
    assert left == (3 if policy == "Allow" else 1)


PAUSED = "suspend: true"


@pytest.mark.parametrize(
    ("spec", "made"),
    [
        # Resumed at 12m: the job of 10m is made up for, those before it are not.
        ("suspend: false", ["nightly-10", "nightly-15"]),
        ("suspend: false\n      startingDeadlineSeconds: 60", ["nightly-15"]),
    ],
)
def test_a_resumed_cron_job_makes_up_for_the_last_one(
    tmp_path: Path, spec: str, made: list[str]
) -> None:
    """Unless the deadline for starting it has passed."""
    resumed = tmp_path / "resumed.yaml"
    lines = (CRON % (spec, THERE)).strip().removeprefix("- ").splitlines()
    resumed.write_text("\n".join([lines[0], *(line[4:] for line in lines[1:])]))
    timeline = "timeline: [{at: 12m, run: kubectl apply -f resumed.yaml}]\n"

    log = run(tmp_path, CRON % (PAUSED, THERE), timeline)

    assert [row.text for row in log.rows(Kind.JOB_CREATED)] == made


def test_what_forbid_skipped_is_made_when_the_job_before_it_ends(
    tmp_path: Path,
) -> None:
    """A Job ends at its deadline, and the missed one starts at once."""
    cron = CRON % ("concurrencyPolicy: Forbid", MISSING)
    cron = cron.replace(
        "        spec:\n          template",
        "        spec:\n          activeDeadlineSeconds: 420\n          template",
    )

    log = run(tmp_path, cron)

    made = list(log.rows(Kind.JOB_CREATED))
    ended = [row.time_us for row in log.rows(Kind.JOB_FAILED)]
    assert [row.text for row in made] == ["nightly-5", "nightly-10", "nightly-15"]
    assert [row.time_us for row in made[1:]] == ended


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        (JOB % ("backoffLimit: 1", "Always", THERE), "allowed in a Job"),
        (CRON % ("suspend: no", THERE), "suspend"),
        (CRON.replace("*/5 * * * *", "every day") % ("", THERE), "exactly 5 fields"),
    ],
)
def test_wrong_jobs_are_told(tmp_path: Path, objects: str, message: str) -> None:
    """What an API server would refuse is a fault with its place."""
    with pytest.raises(ScenarioError, match=message):
        run(tmp_path, objects)
