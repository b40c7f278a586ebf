"""The default of imagePullPolicy looks at the tag alone, and fills only gaps."""

import pytest

from sim.rules.pull_policy import Place, PullField, default_pull_policy, defaulted

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("app", "Always"),
        ("app:latest", "Always"),
        (f"app:latest@{DIGEST}", "Always"),
        (f"app@{DIGEST}", "IfNotPresent"),
        ("app:LATEST", "IfNotPresent"),
        ("https://x", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_the_tag_decides(image: str, policy: str) -> None:
    """Latest or nothing at all means Always; what does not parse does not."""
    assert default_pull_policy(image) == policy


def test_what_is_written_stays() -> None:
    """Only an empty policy is filled in."""
    fields = [
        PullField(place=Place.INIT, index=0, image="app", policy="Never"),
        PullField(place=Place.EPHEMERAL, index=1, image="app", policy=""),
    ]

    filled = defaulted(fields)

    assert [field.policy for field in filled] == ["Never", "Always"]
    assert filled[1].path == "spec.ephemeralContainers[1].imagePullPolicy"
