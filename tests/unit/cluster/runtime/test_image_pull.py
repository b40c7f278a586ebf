"""Whole pulls: indexes, platforms, failures, resumed blobs, hosts, stalls."""

from dataclasses import replace

import pytest

from sim.cluster.registry.body import MEBIBYTE, Body
from sim.rules.registry_faults import Faults, Unreachable, Unreached
from sim.scenario import model
from sim.units import SECOND
from tests.conformance.adapters.measured_bench import HOST, Bench, build, layer

IMAGE = f"{HOST}/app/one:v1"
MIRROR = "mirror.test"
LAYERS = [layer(f"l{n}", 4) for n in range(3)]


def bench(
    image: model.Build | None = None,
    version: str = "2.1.9",
    hosts: tuple[model.RegistryHost, ...] = (model.RegistryHost(host=HOST),),
    **params: str,
) -> Bench:
    one = image or build("one", LAYERS)
    mirror = model.Registry(host=MIRROR, latency_us=0)
    return Bench(version, params, {"one": [one]}, [mirror], hosts)


def texts(world: Bench, host: str = HOST) -> list[str]:
    return [row.text for row in world.requests(host)]


def test_an_index_costs_one_more_manifest() -> None:
    """The tag means the index; the node fetches its own platform's manifest."""
    indexed = replace(build("one", LAYERS), platform="")
    world = bench(indexed)

    result, _ = world.end(world.pull("n1", IMAGE))

    assert result.digest == indexed.digest
    assert texts(world).count("GET manifest 200") == 2
    world.end(world.pull("n1", IMAGE))
    assert texts(world)[-1] == "HEAD manifest 200"
    assert texts(world).count("GET manifest 200") == 2


def test_another_platform_ends_at_the_index() -> None:
    """No config, no layer."""
    world = bench(replace(build("one", LAYERS), platform="linux/arm64"))

    result, _ = world.end(world.pull("n1", IMAGE))

    assert "no match for platform in manifest" in result.error
    assert texts(world) == ["HEAD manifest 200", "GET manifest 200"]


def test_a_digest_that_is_no_manifest_is_looked_for_among_the_blobs() -> None:
    """The last try; the record names it."""
    world = bench()
    world.registries.at(HOST).gate.faults = Faults(manifest_status=404)
    digest = build("one", LAYERS).digest

    result, _ = world.end(world.pull("n1", f"{HOST}/app/one@{digest}"))

    assert result.error.endswith(f"{digest}: not found")
    assert texts(world) == ["HEAD manifest 404", "HEAD blob 404"]


def test_a_failed_layer_cancels_the_others_and_the_next_pull_goes_on() -> None:
    """Whole MiB of what had come are kept, and asked for no more."""
    world = bench(link_mbit="20", max_dl="3")
    registry = world.registries.at(HOST)
    registry.gate.faults = Faults(lost=(LAYERS[0].digest,))
    first, _ = world.end(world.pull("n1", IMAGE))
    assert "could not fetch content descriptor" in first.error
    assert first.missing
    registry.gate.faults = Faults(lost=(LAYERS[0].digest,))
    pull = world.pull("n1", IMAGE)
    world.env.run(until=pull)
    assert registry.uplink.egress.claims == {}

    registry.gate.faults = Faults()
    second, _ = world.end(world.pull("n1", IMAGE))

    assert second.error == ""


TOO_MANY = (
    ": 429 Too Many Requests\ntoomanyrequests: You have reached your pull rate limit."
)


@pytest.mark.parametrize(
    ("status", "end"), [(503, ": 503 Service Unavailable"), (429, TOO_MANY)]
)
def test_an_error_ends_with_the_body_of_the_refusal_if_it_has_one(
    status: int, end: str
) -> None:
    """Else with the status."""
    world = bench()
    world.registries.at(HOST).gate.faults = Faults(manifest_get_status=status)

    result, _ = world.end(world.pull("n1", IMAGE))

    assert result.error.endswith(end)


def test_what_was_written_before_a_registry_went_down_is_not_sent_again() -> None:
    """The next pull asks for the rest of the blob."""
    world = bench(build("one", [layer("big", 40)]), link_mbit="200")
    registry = world.registries.at(HOST)
    pull = world.pull("n1", IMAGE)
    world.env.run(until=SECOND)
    world.registries.stop(HOST)
    failed, _ = world.end(pull)
    world.registries.start(HOST)

    done, _ = world.end(world.pull("n1", IMAGE))

    blobs = [row for row in world.requests() if row.text.startswith("GET blob")]
    assert "connection refused" in failed.error
    assert failed.error.startswith("failed to pull and unpack image")
    assert done.error == ""
    assert [row.text for row in blobs] == ["GET blob 200", "GET blob 206"]
    # What was under way beyond the last whole MiB is sent twice.
    assert 0 <= sum(row.amount for row in blobs) - 40_016_000 < MEBIBYTE
    assert registry.uplink.egress.claims == {}


def test_a_body_without_progress_is_given_up() -> None:
    """Three more tries that bring nothing."""
    world = bench()
    world.registries.at(HOST).gate.faults = Faults(cut_after=0)

    result, _ = world.end(world.pull("n1", IMAGE))

    assert result.error.endswith("failed open: unexpected EOF")


def test_corrupt_bytes_are_thrown_away() -> None:
    """They are found out at the end, and fetched whole the next time."""
    world = bench()
    registry = world.registries.at(HOST)
    registry.gate.faults = Faults(corrupt=True)
    bad, _ = world.end(world.pull("n1", IMAGE))
    registry.gate.faults = Faults()

    good, _ = world.end(world.pull("n1", IMAGE))

    assert bad.error.startswith("rpc error: code = FailedPrecondition")
    assert good.error == ""
    assert not any("206" in text for text in texts(world))


def test_a_mirror_that_may_only_pull_never_says_what_a_tag_means() -> None:
    """The tag comes from the origin; the mirror is asked for digests, and has none."""
    hosts = (
        model.RegistryHost(host=MIRROR, capabilities=("pull",)),
        model.RegistryHost(host=HOST),
    )
    world = bench(hosts=hosts)

    result, _ = world.end(world.pull("n1", IMAGE))

    assert result.error == ""
    assert "HEAD manifest 404" not in texts(world, MIRROR)
    assert texts(world, MIRROR).count("GET blob 404") == 3


def test_a_pull_that_nobody_may_resolve_fails() -> None:
    """Every entry is for digests alone."""
    hosts = (model.RegistryHost(host=HOST, capabilities=("pull",)),)
    world = bench(hosts=hosts)

    result, _ = world.end(world.pull("n1", IMAGE))

    assert result.error.endswith("no resolve hosts")
    assert texts(world) == []


@pytest.mark.parametrize(("layers", "waves"), [(3, 1), (4, 2)])
def test_a_silent_mirror_costs_its_time_out_for_each_sequential_request(
    layers: int, waves: int
) -> None:
    """HEAD, manifest, config, and each wave of layers."""
    hosts = (model.RegistryHost(host=MIRROR), model.RegistryHost(host=HOST))
    world = bench(build("one", [layer(f"x{n}", 1) for n in range(layers)]), hosts=hosts)
    silent = Unreached(why=Unreachable.TIMED_OUT, after_us=30 * SECOND)
    world.registries.at(MIRROR).gate.faults = Faults(unreached=silent)

    result, length_s = world.end(world.pull("n1", IMAGE))

    assert result.error == ""
    assert (3 + waves) * 30 < length_s < (3 + waves) * 30 + 1


def test_a_registry_without_head_is_asked_by_get() -> None:
    """405 on HEAD: GET says the same."""
    world = bench()
    world.registries.at(HOST).gate.faults = Faults(manifest_status=405)

    world.end(world.pull("n1", IMAGE))

    assert texts(world) == ["HEAD manifest 405", "GET manifest 405"]


@pytest.mark.parametrize(
    ("timeout_s", "part", "end_s"), [("10", 0.5, 30), ("4", 0.5, 8), ("10", 0.25, 70)]
)
def test_a_stalled_pull_is_given_up_at_a_look(
    timeout_s: str, part: float, end_s: int
) -> None:
    """At the first look that is more than the time-out after the last new bytes."""
    world = bench(progress_timeout_s=timeout_s)
    world.registries.at(HOST).gate.faults = Faults(cut_after=part, stall_us=40 * SECOND)

    result, length_s = world.end(world.pull("n1", IMAGE))

    assert result.error.endswith("context canceled")
    assert round(length_s) == end_s


def test_a_slow_pull_that_moves_is_left_alone() -> None:
    """A MiB in each look is enough, however long it takes."""
    world = bench(
        build("one", [layer("big", 40)]), link_mbit="4", progress_timeout_s="10"
    )

    result, length_s = world.end(world.pull("n1", IMAGE))

    assert result.error == ""
    assert length_s > 80


def test_a_body_counts_whole_mebibytes() -> None:
    """The last part counts when it is complete."""
    body = Body("sha256:1", 2 * MEBIBYTE + 5)
    body.received = 2 * MEBIBYTE - 1
    assert body.written(0) == MEBIBYTE
    body.keep_written()
    assert body.received == MEBIBYTE
    body.received = body.size_bytes
    body.keep_written()
    assert body.written(0) == body.size_bytes


def test_slots_of_the_daemon_are_served_in_order() -> None:
    """2.1: the first image's layers come before the second's; 1.6: both at once."""
    images = {
        "a": [build("a", [layer(f"a{n}") for n in range(6)])],
        "b": [build("b", [layer(f"b{n}") for n in range(6)])],
    }
    lengths = {}
    for version in ("1.6.20", "2.1.9"):
        world = Bench(version, {"link_mbit": "200"}, images)
        pulls = [world.pull("n1", f"{HOST}/app/{name}:v1") for name in images]
        lengths[version] = [round(world.end(pull)[1], 1) for pull in pulls]

    assert lengths["1.6.20"][0] > 5
    assert lengths["2.1.9"][0] < 2.8
    assert lengths["2.1.9"][1] > 5


def test_a_machine_that_is_off_asks_for_nothing_more() -> None:
    """Its pulls never end."""
    world = bench(link_mbit="20")
    pull = world.pull("n1", IMAGE)
    world.env.run(until=SECOND)
    before = len(world.requests())

    world.node("n1").stop()
    world.env.run(until=100 * SECOND)

    assert pull.is_alive
    stopped = world.requests()[before:]
    assert all(row.amount < 4_000_000 for row in stopped)
    assert world.registries.at(HOST).uplink.egress.claims == {}
