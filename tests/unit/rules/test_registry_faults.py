"""What a faulty registry answers, and how much of a body it lets pass."""

import pytest

from sim.rules.registry_faults import NO_FAULTS, Faults

LAYER = "GET blob"


@pytest.mark.parametrize(
    ("faults", "what", "status"),
    [
        (NO_FAULTS, "HEAD manifest", 0),
        (Faults(manifest_status=503), "HEAD manifest", 503),
        (Faults(manifest_status=503), "GET manifest", 503),
        (Faults(manifest_get_status=429), "HEAD manifest", 0),
        (Faults(manifest_get_status=429), "GET manifest", 429),
        (Faults(manifest_get_status=429), LAYER, 0),
        (Faults(blob_status=404), "GET config", 404),
        (Faults(lost=("a",)), LAYER, 404),
        (Faults(lost=("b",)), LAYER, 0),
    ],
)
def test_a_fault_meets_its_own_requests(faults: Faults, what: str, status: int) -> None:
    """Manifests by method, blobs all or one."""
    assert faults.status(what, "a") == status


@pytest.mark.parametrize(
    ("faults", "what", "again", "passing"),
    [
        (NO_FAULTS, LAYER, False, 1_000),
        (Faults(cut_after=0.25), LAYER, False, 250),
        (Faults(cut_after=0.25), LAYER, True, 250),
        (Faults(cut_after=0.25, cut_once=True), LAYER, True, 1_000),
        (Faults(cut_after=0.25, whole_below_bytes=1_000), LAYER, False, 1_000),
        (Faults(cut_after=0.25), "GET config", False, 1_000),
    ],
)
def test_only_layers_are_cut(
    faults: Faults, what: str, again: bool, passing: int
) -> None:
    """Once or each time, and never a small one if so set."""
    assert faults.passing_bytes(what, 1_000, again=again) == passing
