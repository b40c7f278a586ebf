"""ImageLocality favours nodes that have a pod's images, by size and spread."""

import pytest

from sim.rules.image_locality import (
    MEBIBYTE,
    ImageStates,
    ImageStateSummary,
    NodeImage,
    PodImages,
    image_locality_score,
    normalized_image_name,
)

WEB = PodImages(containers=("web:1",))


def image(size_mib: int, *names: str) -> NodeImage:
    return NodeImage(names=names or ("web:1",), size_bytes=size_mib * MEBIBYTE)


@pytest.mark.parametrize(
    ("size_mib", "num_nodes", "score"),
    [
        (100, 1, 0),
        (230, 1, 0),
        (300, 1, 0),
        (300, 5, 12),
        (1000, 1, 7),
        (1000, 5, 48),
        (2000, 5, 100),
        (5000, 1, 48),
        (5000, 10, 100),
    ],
)
def test_a_score_grows_with_size_and_spread(
    size_mib: int, num_nodes: int, score: int
) -> None:
    """One container on ten nodes: 23 MiB in proportion are worth nothing, 1000 all."""
    summary = ImageStateSummary(size_bytes=size_mib * MEBIBYTE, num_nodes=num_nodes)

    assert image_locality_score(WEB, {"web:1": summary}, 10) == score


def test_volumes_add_size_but_no_container() -> None:
    """The same bytes reach further in a volume than in an init container."""
    held = {"web:1": ImageStateSummary(size_bytes=1500 * MEBIBYTE, num_nodes=1)}
    in_volume = PodImages(containers=("app:1",), image_volumes=("web:1",))
    in_init = PodImages(containers=("app:1",), init_containers=("web:1",))

    assert image_locality_score(in_volume, held, 1) == 100
    assert image_locality_score(in_init, held, 1) == 74


def test_an_image_named_twice_counts_twice() -> None:
    """Two containers of one image add its size twice."""
    held = {"web:1": ImageStateSummary(size_bytes=1000 * MEBIBYTE, num_nodes=1)}

    assert (
        image_locality_score(PodImages(containers=("web:1", "web:1")), held, 1) == 100
    )


@pytest.mark.parametrize(
    ("name", "normalized"),
    [
        ("nginx", "nginx:latest"),
        ("nginx:1", "nginx:1"),
        ("host:5000/nginx", "host:5000/nginx:latest"),
        ("host:5000/nginx:1", "host:5000/nginx:1"),
        ("nginx@sha256:ab", "nginx@sha256:ab"),
    ],
)
def test_only_a_missing_tag_is_added(name: str, normalized: str) -> None:
    """A registry's port is no tag; neither host nor ``library`` is added."""
    assert normalized_image_name(name) == normalized


def test_nodes_are_scored_as_of_the_snapshot() -> None:
    """What happens after a snapshot does not show before the next one."""
    states = ImageStates()
    states.add_node("n1", [image(2000)])
    states.snapshot()
    states.update_node("n1", [])

    before = states.score("n1", WEB)
    states.snapshot()

    assert (before, states.score("n1", WEB)) == (100, 0)


def test_unchanged_nodes_keep_the_old_count() -> None:
    """A second holder raises the count in its own copy, not in the first node's."""
    states = ImageStates()
    for node in ("n1", "n2"):
        states.add_node(node, [])
    states.update_node("n1", [image(1000)])
    states.snapshot()
    states.update_node("n2", [image(1000)])
    states.snapshot()

    assert [states.score(node, WEB) for node in ("n1", "n2")] == [48, 100]


def test_the_number_of_nodes_is_always_current() -> None:
    """A node that leaves changes the share of the others at once."""
    states = ImageStates()
    states.add_node("n1", [image(1000)])
    states.add_node("n2", [])
    states.snapshot()
    with_two = states.score("n1", WEB)
    states.remove_node("n2")
    states.snapshot()

    assert (with_two, states.score("n1", WEB), states.nodes) == (48, 100, ("n1",))


def test_the_first_holder_says_how_big_an_image_is() -> None:
    """Others' sizes are not heard until nobody holds the name any more."""
    states = ImageStates()
    states.add_node("n1", [image(2000)])
    states.add_node("n2", [image(10)])
    states.remove_node("n1")
    states.snapshot()
    still = states.score("n2", WEB)
    states.update_node("n2", [image(10)])
    states.snapshot()

    assert (still, states.score("n2", WEB)) == (100, 0)


def test_a_name_listed_twice_is_held_once() -> None:
    """One node is one node, whatever its list repeats."""
    states = ImageStates()
    states.add_node("n1", [image(1000, "web:1", "web:1"), image(9000, "web:1")])
    states.add_node("n2", [])
    states.snapshot()

    assert states.score("n1", WEB) == 48


def test_a_node_that_came_and_went_is_in_no_snapshot() -> None:
    """Between two snapshots only the outcome counts."""
    states = ImageStates()
    states.add_node("n1", [image(1000)])
    states.remove_node("n1")
    states.snapshot()

    assert states.nodes == ()
    with pytest.raises(KeyError):
        states.score("n1", WEB)


def test_an_unknown_node_cannot_be_removed() -> None:
    """Removing what is not there is a mistake of the caller."""
    with pytest.raises(KeyError):
        ImageStates().remove_node("n1")
