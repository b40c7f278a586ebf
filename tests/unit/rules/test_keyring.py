"""Which credentials fit an image, in which order."""

import pytest

from sim.rules.docker_config import Entry
from sim.rules.keyring import (
    Keyring,
    SecretSource,
    aggregate_errors,
    is_default_registry,
)


def users(keyring: Keyring, image: str) -> list[str]:
    return [credential.username for credential in keyring.lookup(image)]


def one(key: str, user: str) -> tuple[list[tuple[str, Entry]], None]:
    return [(key, Entry(username=user))], None


def test_keys_are_tried_in_descending_order_of_their_bytes() -> None:
    """Not the longest first: a glob comes after what is exact."""
    keyring = Keyring(
        [one("*.r.io/team", "glob"), one("a.r.io", "host"), one("a.r.io/team", "path")]
    )

    assert users(keyring, "a.r.io/team/app") == ["path", "host", "glob"]


def test_a_key_that_is_no_url_is_left_out() -> None:
    """The rest counts."""
    keyring = Keyring([one("a b", "nobody"), one("r.io", "ada")])

    assert users(keyring, "r.io/app") == ["ada"]


def test_docker_hub_has_a_key_of_its_own() -> None:
    """It counts only where no other key fits."""
    keyring = Keyring([one("https://index.docker.io/v1/", "hub")])
    both = Keyring([one("index.docker.io", "hub"), one("docker.io/team", "team")])

    assert users(keyring, "docker.io/library/nginx") == ["hub"]
    assert users(keyring, "quay.io/app") == []
    assert users(both, "docker.io/team/app") == ["team"]


@pytest.mark.parametrize(
    ("image", "default"),
    [
        ("", False),
        ("/app", False),
        ("nginx", True),
        ("team/app", True),
        ("docker.io/team/app", True),
        ("index.docker.io/team/app", True),
        ("r.io/app", False),
        ("reg:5000/app", False),
    ],
)
def test_images_of_docker_hub_are_known(image: str, default: bool) -> None:
    """A first part with a dot or colon is another registry."""
    assert is_default_registry(image) is default


def test_a_credential_knows_its_hash_and_source() -> None:
    """Equal credentials of several secrets are all kept."""
    source = SecretSource(namespace="default", name="s", uid="1")
    entry = Entry(username="u", password="p", email="e")  # noqa: S106
    keyring = Keyring([([("r.io", entry)], source), ([("r.io", entry)], None)])

    first, second = keyring.lookup("r.io/app")

    assert first.source == source
    assert second.source is None
    assert first.hash == second.hash == entry.hash


def test_equal_errors_are_told_once() -> None:
    """Several are put in brackets."""
    assert aggregate_errors(["a", "a"]) == "a"
    assert aggregate_errors(["a", "b", "a"]) == "[a, b]"
