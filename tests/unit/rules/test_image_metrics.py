"""The labels of the counter of ensured images."""

from sim.rules.image_metrics import EnsureImageRequest, EnsureImageRequests
from sim.rules.pull_policy import PullPolicy


def test_what_was_not_found_out_is_unknown() -> None:
    """Every label is a word, in small letters."""
    request = EnsureImageRequest(
        pull_policy=PullPolicy.IF_NOT_PRESENT, present_locally=True
    )

    assert request.labels == {
        "pull_policy": "ifnotpresent",
        "present_locally": "true",
        "pull_required": "unknown",
    }


def test_equal_requests_are_counted_together() -> None:
    """The counter is by labels."""
    requests = EnsureImageRequests()

    for required in (True, True, None):
        requests.add(
            EnsureImageRequest(pull_policy=PullPolicy.ALWAYS, pull_required=required)
        )

    assert sorted(requests.counts.values()) == [1, 2]
