"""What a repository remembers of tags and manifests that were deleted."""

from sim.cluster.registry.repository import Repository
from sim.record.rows import NONE
from sim.scenario.model import Build

V1 = Build(name="v1", layers=())
V2 = Build(name="v2", layers=())


def repository() -> Repository:
    made = Repository()
    made.push("stable", V1, 1)
    made.push("stable", V2, 2)
    return made


def test_a_moved_tag_leaves_the_old_build_by_digest() -> None:
    """Its row is that of the push that brought it."""
    moved = repository()

    assert moved.find("stable") == (V2, 2)
    assert moved.find(V1.digest) == (V1, 1)


def test_a_deleted_tag_means_nothing_and_remembers_who_deleted_it() -> None:
    """The build stays by digest; a tag that never was has no row."""
    one = repository()

    one.delete_tag("stable", 3)

    assert one.find("stable") == (None, 3)
    assert one.find("other") == (None, NONE)
    assert one.find(V2.digest) == (V2, 2)
    assert not one.has_tag("stable")


def test_a_deleted_manifest_leaves_its_tags_dangling() -> None:
    """They are listed, and mean nothing until something is pushed there."""
    one = repository()

    one.delete_manifest(V2.digest, 3)
    dangling = (one.find("stable"), one.tagged("stable"), one.has_tag("stable"))
    one.push("stable", V2, 4)

    assert dangling == ((None, 3), None, True)
    assert one.find("stable") == (V2, 4)


def test_a_digest_that_is_gone_is_due_to_who_deleted_it() -> None:
    """Pinned by digest, and gone all the same."""
    one = repository()

    one.delete_manifest(V1.digest, 3)

    assert one.find(V1.digest) == (None, 3)
    assert one.build(V1.digest) is None
