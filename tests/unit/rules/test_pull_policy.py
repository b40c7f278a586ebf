"""What the API server fills in where no policy is given."""

import pytest

from sim.rules.pull_policy import default_pull_policy

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("web", "Always"),
        ("web:latest", "Always"),
        ("host:5000/web", "Always"),
        (f"web:latest@{DIGEST}", "Always"),
        ("web:1", "IfNotPresent"),
        ("web:Latest", "IfNotPresent"),
        (f"web@{DIGEST}", "IfNotPresent"),
        ("Web", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_only_the_tag_counts(image: str, policy: str) -> None:
    """Latest asks always, even beside a digest; a name that is none never does."""
    assert default_pull_policy(image) == policy
