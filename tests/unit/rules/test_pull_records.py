"""Pull records: what a pull adds to them, and what they allow."""

from dataclasses import replace

import pytest

from sim.rules.pull_records import (
    Identities,
    ImageFacts,
    MustPull,
    PullCredentials,
    PulledRecord,
    SecretCoordinates,
    ServiceAccountCoordinates,
    is_prunable,
    merge_credentials,
    merge_record,
    must_pull,
    record_file_name,
)

NOTHING = PullCredentials()
NODE_WIDE = PullCredentials(node_wide=True)


def secret(name: str, digest: str = "h", namespace: str = "ns") -> SecretCoordinates:
    """Return a secret whose uid is its name."""
    return SecretCoordinates(namespace=namespace, name=name, uid=name, hash=digest)


def account(name: str) -> ServiceAccountCoordinates:
    """Return a service account whose uid is its name."""
    return ServiceAccountCoordinates(namespace="ns", name=name, uid=name)


def of(*secrets: SecretCoordinates) -> PullCredentials:
    """Return credentials of these secrets."""
    return PullCredentials(secrets=secrets)


def record(**images: PullCredentials) -> PulledRecord:
    """Return a record of the image id-1, last changed at 5."""
    return PulledRecord(image_ref="id-1", updated_us=5, images=images)


A1, A2, B = secret("a", "one"), secret("a", "two"), secret("b", "three")


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        (of(B), of(A1), of(A1, B)),
        (of(B, A1), of(A2), of(A2, B)),
        (of(A1), NODE_WIDE, NODE_WIDE),
        (
            PullCredentials(service_accounts=(account("y"),)),
            PullCredentials(service_accounts=(account("x"), account("y"))),
            PullCredentials(service_accounts=(account("x"), account("y"))),
        ),
        (
            of(B, A1),
            PullCredentials(service_accounts=(account("x"),)),
            PullCredentials(secrets=(B, A1), service_accounts=(account("x"),)),
        ),
        (
            of(B),
            PullCredentials(secrets=(A1,), service_accounts=(account("x"),)),
            of(A1, B),
        ),
    ],
)
def test_credentials_are_united_and_sorted(
    old: PullCredentials, new: PullCredentials, merged: PullCredentials
) -> None:
    """A list that grew or changed is sorted; one that did not keeps its order."""
    assert merge_credentials(old, new) == merged


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of(B, A1), of(A1)),
        (of(A1, A1), of(A1)),
        (NODE_WIDE, of(A1)),
        (NODE_WIDE, NODE_WIDE),
        (of(A1), NOTHING),
        (
            PullCredentials(service_accounts=(account("y"), account("x"))),
            PullCredentials(service_accounts=(account("x"),)),
        ),
    ],
)
def test_nothing_new_changes_nothing(
    old: PullCredentials, new: PullCredentials
) -> None:
    """Known credentials, or any beside node-wide ones, leave the old object."""
    assert merge_credentials(old, new) is old


def test_a_first_pull_is_stored_as_it_is() -> None:
    """Without a record even an empty set is stored, and no statement stores none."""
    empty = merge_record(None, "id-1", "nginx", NOTHING, 9)
    silent = merge_record(None, "id-1", "nginx", None, 9)

    assert (empty.images, empty.updated_us) == ({"nginx": NOTHING}, 9)
    assert (silent.images, silent.updated_us) == ({}, 9)


@pytest.mark.parametrize("credentials", [None, NOTHING])
def test_a_later_pull_without_credentials_changes_nothing(
    credentials: PullCredentials | None,
) -> None:
    """A record that is there stays the same object, repository known or not."""
    before = record(nginx=of(A1))

    assert merge_record(before, "id-1", "nginx", credentials, 9) is before
    assert merge_record(before, "id-1", "redis", credentials, 9) is before


def test_a_new_repository_joins_a_record_in_the_order_given() -> None:
    """The first credentials of a repository are not sorted; the time moves."""
    before = record(nginx=of(A1))

    after = merge_record(before, "id-1", "redis", of(B, A1), 9)

    assert after.images == {"nginx": of(A1), "redis": of(B, A1)}
    assert (after.updated_us, before.updated_us) == (9, 5)
    assert before.images == {"nginx": of(A1)}


def test_known_credentials_leave_the_time_alone() -> None:
    """A pull that adds nothing does not touch the record."""
    before = record(nginx=of(A1))

    assert merge_record(before, "id-1", "nginx", of(A1), 9) is before
    assert merge_record(before, "id-1", "nginx", of(A2), 9).updated_us == 9


def test_records_of_vanished_images_are_pruned() -> None:
    """Only a record that was not touched since the pass began goes."""
    old = record()

    assert is_prunable(old, ["id-2"], 6)
    assert not is_prunable(old, ["id-1"], 6)
    assert not is_prunable(old, ["id-2"], 5)


def test_records_are_kept_in_files_named_by_hash() -> None:
    """The name is the SHA-256 of the image string or ref."""
    name = record_file_name("abc")

    assert name == (
        "sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


# --- the decision ---

FACTS = ImageFacts(
    repository="nginx",
    image_ref="id-1",
    record=record(nginx=of(A1)),
    verification=True,
)


def never() -> Identities:
    """Fail: nobody may ask for the pod's credentials."""
    raise AssertionError


@pytest.mark.parametrize(
    ("facts", "must"),
    [
        (replace(FACTS, image_ref=""), True),
        (replace(FACTS, verification=False), False),
        (replace(FACTS, image_ref="", verification=False), True),
        (replace(FACTS, record=None), True),
        (replace(FACTS, repository="library/nginx"), True),
        (replace(FACTS, repository=""), True),
        (replace(FACTS, record=record(nginx=NODE_WIDE)), False),
        (replace(FACTS, record=record(nginx=NOTHING)), True),
    ],
)
def test_most_answers_need_no_credentials(facts: ImageFacts, must: bool) -> None:
    """The pod's credentials are not looked up before they can decide."""
    assert must_pull(facts, never) == MustPull(must_pull=must)


@pytest.mark.parametrize(
    ("secrets", "noted"),
    [
        ((A1,), A1),
        ((secret("z", "one", "other"),), secret("z", "one", "other")),
        ((A2,), A2),
        ((B, A2, A1), A2),
    ],
)
def test_a_fitting_secret_opens_the_image(
    secrets: tuple[SecretCoordinates, ...], noted: SecretCoordinates
) -> None:
    """An equal hash or a rotated secret will do; the first that fits is noted."""
    answer = must_pull(FACTS, lambda: Identities(secrets=secrets))

    assert answer == MustPull(must_pull=False, secret=noted)


def test_other_secrets_do_not_open_the_image() -> None:
    """Another secret with another hash must pull."""
    answer = must_pull(FACTS, lambda: Identities(secrets=(B,)))

    assert answer == MustPull(must_pull=True)


def test_an_empty_hash_equals_none() -> None:
    """Two secrets whose hashes could not be computed are not the same credential."""
    facts = replace(FACTS, record=record(nginx=of(secret("a", ""))))

    answer = must_pull(facts, lambda: Identities(secrets=(secret("z", ""),)))

    assert answer == MustPull(must_pull=True)


def test_a_service_account_opens_the_image() -> None:
    """The pod's account must be the stored one; a pod may have none."""
    known = PullCredentials(service_accounts=(account("x"),))
    facts = replace(FACTS, record=record(nginx=known))

    def ask(identities: Identities) -> MustPull:
        return must_pull(facts, lambda: identities)

    assert ask(Identities(service_account=account("x"))) == MustPull(must_pull=False)
    assert ask(Identities(service_account=account("y"))) == MustPull(must_pull=True)
    assert ask(Identities()) == MustPull(must_pull=True)


def test_a_full_record_takes_and_trusts_no_more() -> None:
    """With 100 secrets an equal hash still opens, but is not noted; rotation fails."""
    full = of(*(secret(f"s{i}", f"h{i}") for i in range(100)))
    facts = replace(FACTS, record=record(nginx=full))

    same = must_pull(facts, lambda: Identities(secrets=(secret("z", "h7"),)))
    rotated = must_pull(facts, lambda: Identities(secrets=(secret("s7", "new"),)))

    roomy = replace(FACTS, record=record(nginx=of(*full.secrets[1:])))
    with_room = must_pull(roomy, lambda: Identities(secrets=(secret("s7", "new"),)))

    assert same == MustPull(must_pull=False)
    assert rotated == MustPull(must_pull=True)
    assert with_room == MustPull(must_pull=False, secret=secret("s7", "new"))
