"""Each release does what its profile says."""

import pytest

from sim.rules.profiles import FEATURE_GATES, NEWEST, PROFILES, VERSIONS, Gate

FIRST = 30
# The field -> the minor from which on it works; source: the notes of Profile.
SINCE = {
    "service_account_tokens_for_providers": 34,
    "last_error_in_back_off": 32,
    "disk_space_advice": 34,
    "heed_restart_back_off": 35,
    "new_container_wording": 35,
    "on_demand_relist": 36,
    "allowlist_trims_images": 36,
    "repository_as_written": 36,
}
# The gate -> the minor that knows it first, and the one that has it on.
GATES = {
    "ensure_secret_pulled_images": (33, 35),
    "crash_loop_back_off_max": (32, 35),
    "image_volume": (31, 35),
}


@pytest.mark.parametrize(
    ("version", "repository"), [("1.35", "docker.io/library/nginx"), ("1.36", "nginx")]
)
def test_pull_records_name_repositories_by_release(
    version: str, repository: str
) -> None:
    """Up to v1.35 Docker Hub's host is added, then the name stays as written."""
    assert PROFILES[version].repository_of("nginx:1") == repository


def test_every_minor_from_the_first_to_the_newest_has_a_profile() -> None:
    """In order, each under its own name."""
    assert VERSIONS == ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
    assert tuple(PROFILES) == VERSIONS
    assert NEWEST == "1.36"
    assert all(profile.version == version for version, profile in PROFILES.items())


@pytest.mark.parametrize(("field", "since"), SINCE.items())
def test_a_difference_begins_with_its_release(field: str, since: int) -> None:
    """Before that minor the kubelet does it the old way."""
    has = [getattr(profile, field) for profile in PROFILES.values()]

    old = since - FIRST
    assert has == [False] * old + [True] * (len(VERSIONS) - old)


@pytest.mark.parametrize(("field", "known", "on"), [(f, *g) for f, g in GATES.items()])
def test_a_gate_is_unknown_then_off_then_on(field: str, known: int, on: int) -> None:
    """Only a gate that is on lets its feature work."""
    gates = [getattr(profile, field) for profile in PROFILES.values()]

    absent, off = known - FIRST, on - known
    rest = len(VERSIONS) - absent - off
    assert gates == [Gate.ABSENT] * absent + [Gate.OFF] * off + [Gate.ON] * rest
    assert [gate.on for gate in gates] == [gate is Gate.ON for gate in gates]


def test_a_scenario_may_set_one_gate_which_is_off_unless_it_does() -> None:
    """Spelled as Kubernetes spells it."""
    assert FEATURE_GATES == {"MaxUnavailableStatefulSet": False}
