"""Laws of pulls that hold without a table: makespan, sharing, chains, Always."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.rules.runtime_profile import PROFILES, Storage
from sim.units import SECOND
from tests.conformance.adapters.measured_bench import (
    HOST,
    VERSIONS,
    Bench,
    build,
    layer,
    mbit,
)

IMAGE = f"{HOST}/app/one:v1"
versions = st.sampled_from(sorted(VERSIONS))
few = settings(deadline=None, max_examples=20)


def blobs(bench: Bench) -> list[int]:
    """Bytes of every layer that was sent."""
    return [row.amount for row in bench.requests() if row.text.startswith("GET blob")]


@few
@given(
    versions,
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(1, 40),
    st.sampled_from(["fifo", "fair"]),
)
def test_makespan_law(
    version: str, nodes: int, layers: int, mb: int, queue: str
) -> None:
    """Nodes that start together are limited by the link, and by little else."""
    params = {"link_mbit": "200", "queue": queue}
    image = build("one", [layer(f"l{n}", mb) for n in range(layers)])
    bench = Bench(version, params, {"one": [image]})

    pulls = [bench.pull(f"n{n}", IMAGE) for n in range(nodes)]
    makespan_s = max(bench.end(pull)[1] for pull in pulls)

    least_s = nodes * image.size_bytes / mbit("200")
    profile = PROFILES[VERSIONS[version], Storage.MEMORY]
    one = image.layers[0]
    unpack_us = profile.unpack_us(one.size_bytes, one.unpacked_bytes, one.files)
    wave_s = min(3, layers) * unpack_us / SECOND
    assert least_s <= makespan_s <= 1.03 * least_s + 0.3 + wave_s


@few
@given(versions, st.integers(2, 6), st.integers(1, 8))
def test_dedupe_law(version: str, pulls: int, layers: int) -> None:
    """Pulls of one image on one node move its bytes once and end together."""
    image = build("one", [layer(f"l{n}") for n in range(layers)])
    bench = Bench(version, {"link_mbit": "200"}, {"one": [image]})

    under_way = [bench.pull("n1", IMAGE) for _ in range(pulls)]
    ends = [bench.end(pull)[1] for pull in under_way]

    assert sum(blobs(bench)) == image.size_bytes
    assert max(ends) - min(ends) <= 0.020


@pytest.mark.parametrize("version", sorted(VERSIONS))
@pytest.mark.parametrize(("replaced", "unpacked"), [(0, 6), (5, 1)])
def test_chain_law(version: str, replaced: int, unpacked: int) -> None:
    """A new bottom is one download and all unpacking; a new top is one of each."""
    layers = [layer(f"l{n}") for n in range(6)]
    changed = [*layers]
    changed[replaced] = layer("new")
    bench = Bench(version, {}, {"one": [build("a", layers), build("b", changed)]})
    bench.end(bench.pull("n1", IMAGE))
    before = len(blobs(bench))
    store = bench.node("n1").store
    used = store.used_bytes
    bench.registries.push(f"{HOST}/app/one", "v1", "b")

    bench.end(bench.pull("n1", IMAGE))

    assert len(blobs(bench)) - before == 1
    grown = store.used_bytes - used - layers[0].size_bytes
    assert grown == unpacked * layers[0].unpacked_bytes


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_always_law(version: str) -> None:
    """With everything present and the tag unchanged a pull is exactly one HEAD."""
    bench = Bench(version, {}, {"one": [build("one", [layer("a"), layer("b")])]})
    bench.end(bench.pull("n1", IMAGE))
    before = len(bench.requests())

    bench.end(bench.pull("n1", IMAGE))

    assert [row.text for row in bench.requests()[before:]] == ["HEAD manifest 200"]
