"""A kubelet's pull records: intents, restarts, pruning, and who may use what."""

import pytest

from sim.cluster.kubelet.image_pull_manager import (
    CredentialError,
    ImagePullManager,
    PullDirectory,
)
from sim.rules.pull_records import (
    Identities,
    PullCredentials,
    PulledRecord,
    SecretCoordinates,
)

IMAGE = "quay.io/org/app:v1"
SECRET = SecretCoordinates(namespace="ns", name="regcred", uid="1", hash="h")
MINE = PullCredentials(secrets=(SECRET,))


@pytest.fixture
def directory() -> PullDirectory:
    """Return a node's disk without records."""
    return PullDirectory()


@pytest.fixture
def manager(directory: PullDirectory) -> ImagePullManager:
    """Return the manager of a kubelet with default settings on that disk."""
    return ImagePullManager(directory=directory)


def nobody() -> Identities:
    """Return a pod without credentials."""
    return Identities()


def test_an_intent_lasts_as_long_as_its_last_pull(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """Two pulls of one image string share an intent; the second end removes it."""
    manager.record_pull_intent(IMAGE)
    manager.record_pull_intent(IMAGE)

    manager.record_image_pull_failed(IMAGE)
    between = dict(manager.intent_counts), list(directory.intents)
    manager.record_image_pulled(IMAGE, "id-1", MINE, 3)

    assert between == ({IMAGE: 1}, [IMAGE])
    assert (manager.intent_counts, directory.intents) == ({}, {})
    assert directory.pulled["id-1"].images == {"quay.io/org/app": MINE}


def test_an_end_without_a_begin_removes_an_old_intent(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """An intent that a former kubelet left goes with the next end of that string."""
    directory.intents[IMAGE] = None

    manager.record_image_pull_failed(IMAGE)

    assert directory.intents == {}


def test_a_name_that_does_not_parse_keeps_its_intent(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """Nothing is recorded, and the count stays."""
    manager.record_pull_intent("Not A Name")

    manager.record_image_pulled("Not A Name", "id-1", MINE, 3)

    assert manager.intent_counts == {"Not A Name": 1}
    assert directory.pulled == {}


def test_an_accepted_secret_is_written_into_the_record(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """A rotated secret is trusted, and its new hash is stored with the time."""
    manager.record_image_pulled(IMAGE, "id-1", MINE, 3)
    rotated = SecretCoordinates(namespace="ns", name="regcred", uid="1", hash="new")

    must = manager.must_attempt_image_pull(
        IMAGE, "id-1", lambda: Identities(secrets=(rotated,)), 8
    )

    assert must is False
    assert directory.pulled["id-1"] == PulledRecord(
        image_ref="id-1",
        updated_us=8,
        images={"quay.io/org/app": PullCredentials(secrets=(rotated,))},
    )


def test_another_pods_image_must_be_pulled_again(manager: ImagePullManager) -> None:
    """Without the secret an image that a secret brought is out of reach."""
    manager.record_image_pulled(IMAGE, "id-1", MINE, 3)

    assert manager.must_attempt_image_pull(IMAGE, "id-1", nobody, 8) is True


def test_the_kubelet_knows_an_image_by_record_flight_or_intent(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """A preloaded image is open to all; a trace of a pull closes it."""

    def must() -> bool:
        return manager.must_attempt_image_pull(IMAGE, "id-1", nobody, 8)

    preloaded = must()
    directory.intents[IMAGE] = None
    left_behind = must()
    directory.intents.clear()
    manager.intent_counts[IMAGE] = 1
    in_flight = must()

    assert (preloaded, left_behind, in_flight) == (False, True, True)


def test_a_failed_look_up_of_credentials_passes_through(
    manager: ImagePullManager,
) -> None:
    """The caller learns the text."""
    manager.record_image_pulled(IMAGE, "id-1", MINE, 3)

    def fail() -> Identities:
        raise CredentialError("bad secret")

    with pytest.raises(CredentialError, match="bad secret"):
        manager.must_attempt_image_pull(IMAGE, "id-1", fail, 8)


def test_a_restart_turns_finished_intents_into_records(
    directory: PullDirectory,
) -> None:
    """Every image of that name gets a record without repositories; others stay."""
    kept = PulledRecord(image_ref="id-2", updated_us=1, images={"x": MINE})
    directory.pulled["id-2"] = kept
    directory.intents = dict.fromkeys([IMAGE, "gone:1", "Not A Name"])

    manager = ImagePullManager(directory=directory)
    manager.recover(
        [("id-1", [IMAGE]), ("id-2", ["other:1", IMAGE]), ("id-3", ["Not A Name"])], 9
    )

    fresh = PulledRecord(image_ref="id-1", updated_us=9, images={})
    assert directory.pulled == {"id-1": fresh, "id-2": kept}
    assert list(directory.intents) == ["gone:1", "Not A Name"]
    assert manager.intent_counts == {}


def test_pruning_drops_what_is_not_listed(
    manager: ImagePullManager, directory: PullDirectory
) -> None:
    """Records of vanished images go, unless they changed since the pass began."""
    for ref, now in (("id-1", 1), ("id-2", 2), ("id-3", 3)):
        manager.record_image_pulled(IMAGE, ref, MINE, now)

    manager.prune_unknown_records(iter(["id-1"]), 3)

    assert list(directory.pulled) == ["id-1", "id-3"]


def test_each_manager_has_its_own_disk_by_default() -> None:
    """Two nodes share nothing."""
    first, second = ImagePullManager(), ImagePullManager()
    first.record_image_pulled(IMAGE, "id-1", MINE, 3)

    assert second.must_attempt_image_pull(IMAGE, "id-1", nobody, 8) is False
