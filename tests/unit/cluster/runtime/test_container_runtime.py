"""One node's runtime against a registry: which requests a pull makes, what it keeps."""

from collections.abc import Sequence
from functools import partial

import pytest

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.registry.registries import Registries
from sim.cluster.runtime.container_runtime import ContainerRuntime, PullResult
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.keyring import Credential
from sim.scenario import model

NAME = "registry.example/app/web"
TAG = f"{NAME}:v1"
GOOD = Credential(username="u", password="p")  # noqa: S106 - of this test alone
WRONG = Credential(username="u", password="x")  # noqa: S106 - of this test alone


def layer(name: str, size: int = 10_000_000) -> model.Layer:
    return model.Layer(name=name, size_bytes=size, unpacked_bytes=2 * size, files=10)


def build(name: str, *layers: str) -> model.Build:
    return model.Build(name=name, layers=tuple(layer(one) for one in layers))


class World:
    """One registry with one image, and nodes that pull it."""

    def __init__(self, builds: Sequence[model.Build], *, private: bool = False) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        network = Network(self.env)
        image = model.Image(
            name=NAME,
            builds={one.name: one for one in builds},
            tags={"v1": builds[0].name},
        )
        registry = model.Registry(
            host="registry.example",
            latency_us=10_000,
            accounts={"u": "p"} if private else None,
        )
        self.registries = Registries(self.env, self.log, network, [registry], [image])
        self.registries.push_initial_tags()
        group = model.NodeGroup(name="node", names=("node",))
        self.runtime = ContainerRuntime(
            self.env,
            self.log,
            self.log.names.id("node"),
            group,
            registries=self.registries,
        )

    def pull(
        self, image: str = TAG, credential: Credential | None = None
    ) -> PullResult:
        act = self.log.append(Kind.APPLIED)
        process = self.env.process(
            self.runtime.pull_image(
                PullImageRequest(image=image, credential=credential, cause=act)
            )
        )
        self.env.run(until=process)
        result = process.value
        assert isinstance(result, PullResult)
        return result

    def requests(self) -> list[str]:
        """The requests since the last call."""
        rows = [row.text for row in self.log.rows(Kind.REQUEST)]
        new = rows[getattr(self, "_seen", 0) :]
        self._seen = len(rows)
        return new


def test_a_cold_pull_asks_for_everything_once() -> None:
    """HEAD, manifest, config, then each layer."""
    world = World([build("a", "base", "deps", "app")])

    result = world.pull()

    assert result.error == ""
    assert world.requests() == [
        "HEAD manifest 200",
        "GET manifest 200",
        "GET config 200",
        *3 * ["GET blob 200"],
    ]


def test_an_unchanged_tag_costs_one_head() -> None:
    """Always with the same digest transfers nothing."""
    world = World([build("a", "base", "app")])
    world.pull()
    world.requests()

    world.pull()

    assert world.requests() == ["HEAD manifest 200"]


def test_a_moved_tag_fetches_what_is_new_and_keeps_the_old_image() -> None:
    """One new layer is one blob; the old image stays under its digest."""
    world = World([build("a", "base", "app"), build("b", "base", "app2")])
    first = world.pull()
    world.requests()
    world.registries.push(NAME, "v1", "b")

    second = world.pull()

    assert world.requests() == [
        "HEAD manifest 200",
        "GET manifest 200",
        "GET config 200",
        "GET blob 200",
    ]
    old = world.runtime.image_status(f"{NAME}@{first.digest}")
    new = world.runtime.image_status(TAG)
    assert old is not None
    assert new is not None
    assert (old.id, old.repo_tags) == (first.image_ref, ())
    assert (new.id, new.repo_tags) == (second.image_ref, (TAG,))


def test_a_tag_moved_back_to_a_digest_in_the_store_is_one_head() -> None:
    """The content is still there."""
    world = World([build("a", "base", "app"), build("b", "base", "app2")])
    world.pull()
    world.registries.push(NAME, "v1", "b")
    world.pull()
    world.requests()
    world.registries.push(NAME, "v1", "a")

    world.pull()

    assert world.requests() == ["HEAD manifest 200"]


def test_a_changed_bottom_layer_is_unpacked_again_but_not_downloaded() -> None:
    """Chain IDs change with what lies below; blobs do not."""
    world = World([build("a", "base", "app"), build("b", "base2", "app")])
    world.pull()
    world.requests()
    world.registries.push(NAME, "v1", "b")

    world.pull()

    assert world.requests().count("GET blob 200") == 1


def test_two_pulls_at_once_fetch_every_blob_once() -> None:
    """The second waits for the first's layers."""
    world = World([build("a", "base", "app")])
    act = world.log.append(Kind.APPLIED)

    pulls = [
        world.env.process(
            world.runtime.pull_image(PullImageRequest(image=TAG, cause=act))
        )
        for _ in range(2)
    ]
    world.env.run(until=world.env.all_of(pulls))

    assert world.requests().count("GET blob 200") == 2
    assert all(pull.value == pulls[0].value for pull in pulls)


@pytest.mark.parametrize(
    ("image", "private", "credential", "error", "heads"),
    [
        (f"{NAME}:none", False, None, "not found", 1),
        ("registry.example/app/nobody:v1", False, None, "not found", 1),
        (TAG, True, None, "no basic auth credentials", 1),
        (TAG, True, WRONG, "401 Unauthorized", 6),
    ],
)
def test_what_fails_says_so_in_containerd_s_words(
    image: str, private: bool, credential: Credential | None, error: str, heads: int
) -> None:
    """Missing, without credentials, with wrong ones: texts and requests."""
    world = World([build("a", "base")], private=private)

    result = world.pull(image, credential)

    assert error in result.error
    assert len(world.requests()) == heads
    assert world.runtime.image_status(image) is None


def test_good_credentials_cost_a_refused_request_at_each_step() -> None:
    """Basic authentication: 401, then the same request with credentials."""
    world = World([build("a", "base")], private=True)

    result = world.pull(credential=GOOD)

    assert result.error == ""
    assert world.requests()[:4] == [
        "HEAD manifest 401",
        "HEAD manifest 200",
        "GET manifest 401",
        "GET manifest 200",
    ]


def test_a_registry_that_is_down_refuses_and_the_row_says_why() -> None:
    """The failed request's source is the row by which the registry went down."""
    world = World([build("a", "base")])
    world.registries.stop("registry.example")

    result = world.pull()

    assert "connection refused" in result.error
    failed = world.log[result.row]
    assert world.log[failed.source].kind is Kind.REGISTRY_DOWN


def test_who_meets_a_closed_port_is_refused_though_it_opens() -> None:
    """The refusal is heard a round trip later: by then the registry is up again."""
    world = World([build("a", "base")])
    row = world.registries.stop("registry.example")
    asked_us = 4_000  # what a pull takes before it asks
    back_us = asked_us + 5_000
    world.env.call_after(back_us, partial(world.registries.start, "registry.example"))

    result = world.pull()

    assert "connection refused" in result.error
    assert world.env.now == asked_us + 10_000
    assert world.log[result.row].source == row


def test_a_pull_by_digest_records_no_tag() -> None:
    """A later pod that names the tag must pull."""
    world = World([build("a", "base")])
    digest = build("a", "base").digest

    world.pull(f"{TAG}@{digest}")

    assert world.runtime.image_status(f"{NAME}@{digest}") is not None
    assert world.runtime.image_status(TAG) is None


def test_removing_an_image_keeps_what_another_needs() -> None:
    """Shared layers stay; the bytes that are freed are the others'."""
    world = World([build("a", "base", "app"), build("b", "base", "app2")])
    first = world.pull()
    world.registries.push(NAME, "v1", "b")
    world.pull()
    store = world.runtime.store
    before = store.used_bytes

    freed = store.remove(first.image_ref)

    assert freed == 30_000_000  # the top layer, stored and unpacked
    assert store.used_bytes == before - freed
    assert store.find(TAG) is not None


def test_a_pull_keeps_what_it_shares_with_an_image_that_goes() -> None:
    """A removal in the middle of a pull leaves the layers that the pull builds on."""
    world = World([build("a", "base", "app"), build("b", "base", "app2")])
    first = world.pull()
    world.registries.push(NAME, "v2", "b")
    act = world.log.append(Kind.APPLIED)
    pull = world.env.process(
        world.runtime.pull_image(PullImageRequest(image=f"{NAME}:v2", cause=act))
    )
    world.env.run(until=world.env.now + 60_000)  # the manifest is here, app2 is not

    world.runtime.remove_image(first.image_ref, -1, act)
    world.env.run(until=pull)

    store = world.runtime.store
    assert store.find(TAG) is None
    assert store.find(f"{NAME}:v2") is not None
    assert store.used_bytes == 2 * (10_000_000 + 20_000_000)
    for image in store.images():
        store.remove(image.id)
    assert store.used_bytes == 0


def test_a_removed_name_remembers_its_row_until_it_is_back() -> None:
    """Who pulls again can say why; a later pull makes it old news."""
    world = World([build("a", "base")])
    first = world.pull()
    act = world.log.append(Kind.APPLIED)

    world.runtime.remove_image(first.image_ref, -1, act)
    gone = world.runtime.removed_row(TAG)
    world.pull()

    assert world.log[gone].kind is Kind.IMAGE_REMOVED
    assert world.runtime.removed_row(TAG) == -1
    assert world.runtime.removed_row("no//name") == -1


def test_what_a_dead_node_was_downloading_is_not_sent() -> None:
    """Its share of the registry's link is free from that moment on."""
    world = World([build("a", "base")])
    registry = world.registries.at("registry.example")
    act = world.log.append(Kind.APPLIED)
    world.env.process(world.runtime.pull_image(PullImageRequest(image=TAG, cause=act)))

    while not (registry.uplink.egress.claims):
        world.env.run(until=world.env.now + 1_000)
    world.runtime.stop()
    world.env.run(until=world.env.now + 1_000)

    assert registry.uplink.egress.claims == {}
