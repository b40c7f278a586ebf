"""Event texts are spelled as upstream spells them."""

import pytest

from sim.rules import event_messages as texts
from sim.rules.job import JobFailure
from sim.units import MINUTE, SECOND


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (texts.pulling("web:1"), 'Pulling image "web:1"'),
        (
            texts.pulled("web:1", 950_999, 62_500_000, 187),
            (
                'Successfully pulled image "web:1" in 950ms '
                "(1m2.5s including waiting). Image size: 187 bytes."
            ),
        ),
        (
            texts.pulled("web:1", 999, 0, 0),
            (
                'Successfully pulled image "web:1" in 0s '
                "(0s including waiting). Image size: 0 bytes."
            ),
        ),
        (
            texts.already_present("web:1", checked=False),
            'Container image "web:1" already present on machine',
        ),
        (
            texts.already_present("web:1", checked=True),
            (
                'Container image "web:1" already present on machine '
                "and can be accessed by the pod"
            ),
        ),
        (texts.failed_to_pull("web:1", "gone"), 'Failed to pull image "web:1": gone'),
        (texts.back_off_pulling("web:1"), 'Back-off pulling image "web:1"'),
        (texts.back_off_status("web:1"), 'Back-off pulling image "web:1"'),
        (
            texts.back_off_status("web:1", "ErrImagePull: gone"),
            'Back-off pulling image "web:1": ErrImagePull: gone',
        ),
        (
            texts.never_pull("web:1"),
            'Container image "web:1" is not present with pull policy of Never',
        ),
        (texts.inspect_failed("", "busy"), 'Failed to inspect image "": busy'),
        (
            texts.default_tag_failed('a"\n', "bad"),
            r'Failed to apply default image tag "a\"\n": bad',
        ),
        (texts.error("ErrImagePull"), "Error: ErrImagePull"),
        (texts.created("app", new_wording=True), "Container created"),
        (texts.created("app", new_wording=False), "Created container: app"),
        (texts.started("app", new_wording=True), "Container started"),
        (texts.started("app", new_wording=False), "Started container app"),
        (texts.killing("app"), "Stopping container app"),
        (
            texts.killing("app", texts.DEFINITION_CHANGED),
            "Container app definition changed, will be restarted",
        ),
        (
            texts.pull_secrets_missing(["a", "b"]),
            (
                "Unable to retrieve some image pull secrets (a, b); "
                "attempting to pull the image may not succeed."
            ),
        ),
    ],
)
def test_texts_of_the_kubelet(ours: str, theirs: str) -> None:
    """The kubelet quotes images as Go does and cuts times to milliseconds."""
    assert ours == theirs


@pytest.mark.parametrize(
    ("delay_us", "shown"),
    [(10 * SECOND, "10s"), (80 * SECOND, "1m20s"), (5 * MINUTE, "5m0s")],
)
def test_texts_of_a_crashing_container(delay_us: int, shown: str) -> None:
    """The event names the pod; the waiting message also says how long."""
    event = texts.back_off_restarting("app", "web-1", "shop", "u1")
    waiting = texts.crash_loop(delay_us, "app", "web-1", "shop", "u1")

    assert event == "Back-off restarting failed container app in pod web-1_shop(u1)"
    assert (
        waiting
        == f"back-off {shown} restarting failed container=app pod=web-1_shop(u1)"
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (texts.scaled("web-5d", 0, 3), "Scaled up replica set web-5d from 0 to 3"),
        (texts.scaled("web-5d", 3, 2), "Scaled down replica set web-5d from 3 to 2"),
        (texts.created_pod("web-1"), "Created pod: web-1"),
        (texts.deleted_pod("web-1"), "Deleted pod: web-1"),
        (texts.created_job("backup-1"), "Created job backup-1"),
        (texts.JOB_COMPLETED, "Job completed"),
        (
            texts.JOB_FAILED[JobFailure.BACKOFF_LIMIT],
            "Job has reached the specified backoff limit",
        ),
        (
            texts.JOB_FAILED[JobFailure.DEADLINE],
            "Job was active longer than specified deadline",
        ),
        (
            texts.JOB_ALREADY_ACTIVE,
            (
                "Not starting job because prior execution is running and concurrency "
                "policy is Forbid"
            ),
        ),
        (texts.failed_to_create("quota"), "Error creating: quota"),
        (
            texts.stateful_pod("create", "db-0", "db"),
            "create Pod db-0 in StatefulSet db successful",
        ),
        (
            texts.stateful_pod_failed("delete", "db-0", "db", "busy"),
            "delete Pod db-0 in StatefulSet db failed error: busy",
        ),
        (
            texts.found_succeeded_daemon_pod("ops", "log-1", "n1"),
            ("Found succeeded daemon pod ops/log-1 on node n1, will try to delete it"),
        ),
        (
            texts.found_failed_daemon_pod("ops", "log-1", "n1"),
            "Found failed daemon pod ops/log-1 on node n1, will try to kill it",
        ),
        (
            texts.scheduled("shop", "web-1", "n1"),
            "Successfully assigned shop/web-1 to n1",
        ),
        (texts.node_status("n1", "NodeReady"), "Node n1 status is now: NodeReady"),
        (
            texts.marking_for_deletion("shop", "web-1"),
            "Marking for deletion Pod shop/web-1",
        ),
    ],
)
def test_texts_of_the_control_plane(ours: str, theirs: str) -> None:
    """Controllers and scheduler name their objects without quotes."""
    assert ours == theirs


def test_a_pod_that_fits_nowhere_says_why() -> None:
    """The reasons are sorted as texts, their counts included."""
    refusals = {"node(s) were unschedulable": 2, "Too many pods": 10}

    message = texts.failed_scheduling(12, refusals)

    assert message == (
        "0/12 nodes are available: 10 Too many pods, 2 node(s) were unschedulable."
    )


def test_a_pod_without_any_node_says_so() -> None:
    """An empty cluster has a text of its own."""
    assert texts.failed_scheduling(0, {}) == "no nodes available to schedule pods"
