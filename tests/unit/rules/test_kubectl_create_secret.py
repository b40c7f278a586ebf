"""``kubectl create secret docker-registry``."""

import pytest

from sim.rules.kubectl_create_secret import (
    CreateRegistrySecret,
    CreateSecretError,
    SecretFile,
    create_registry_secret,
    parse_create_secret,
)

NEEDS = (
    "either --from-file or the combination of --docker-username, --docker-password "
    "and --docker-server is required"
)
LOGIN = ("--docker-username=u", "--docker-password", "p")


def read(path: str) -> str:
    return f"content of {path}"


def test_the_words_of_a_command_become_a_secret() -> None:
    """Values follow an equals sign or stand as the next word."""
    words = ("regcred", *LOGIN, "--docker-server=r.io", "-n", "team-a")

    command = parse_create_secret(words, read)
    made = create_registry_secret(command)

    assert command.namespace == "team-a"
    assert made.name == "regcred"
    assert made.data[".dockerconfigjson"] == (
        '{"auths":{"r.io":{"username":"u","password":"p","auth":"dTpw"}}}'
    )


@pytest.mark.parametrize(
    ("flag", "data"),
    [
        ("--from-file=a.json", {".dockerconfigjson": "content of a.json"}),
        ("--from-file=key=a.json", {"key": "content of a.json"}),
    ],
)
def test_a_file_is_stored_as_it_is(flag: str, data: dict[str, str]) -> None:
    """It wins over the other flags."""
    command = parse_create_secret(("regcred", flag, *LOGIN), read)

    assert create_registry_secret(command).data == data


@pytest.mark.parametrize(
    ("words", "appended"),
    [
        (("--append-hash",), True),
        (("--append-hash=true",), True),
        (("--append-hash=false",), False),
        ((), False),
    ],
)
def test_a_hash_may_be_appended(words: tuple[str, ...], appended: bool) -> None:
    """It is made of content, name and type."""
    command = parse_create_secret(("regcred", *LOGIN, *words), read)

    name = create_registry_secret(command).name

    assert name.startswith("regcred-") is appended


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("a", "--docker-user=u"), "unknown flag: --docker-user\n"),
        (("a", "-x"), "unknown shorthand flag: 'x' in -x\n"),
        (("a", "--docker-server"), "flag needs an argument: --docker-server\n"),
        ((), "exactly one NAME is required, got 0\n"),
        (("a", "b"), "exactly one NAME is required, got 2\n"),
        (("a", "--append-hash=no way"), 'invalid argument "no way" for "--append-'),
    ],
)
def test_wrong_words_are_refused_as_kubectl_does(
    words: tuple[str, ...], error: str
) -> None:
    """The text is kubectl's own, behind its 'error: '."""
    with pytest.raises(CreateSecretError) as caught:
        parse_create_secret(words, read)

    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (CreateRegistrySecret(name=""), "name must be specified"),
        (CreateRegistrySecret(name="a", username="u"), NEEDS),
        (CreateRegistrySecret(name="a", password="p"), NEEDS),  # noqa: S106
        (
            CreateRegistrySecret(name="a", username="u", password="p", server=""),  # noqa: S106
            NEEDS,
        ),
    ],
)
def test_what_is_missing_is_said(command: CreateRegistrySecret, error: str) -> None:
    """A file, or user name, password and server."""
    with pytest.raises(CreateSecretError) as caught:
        create_registry_secret(command)

    assert str(caught.value) == error


def test_an_empty_file_is_stored_too() -> None:
    """It is not looked into."""
    command = CreateRegistrySecret(name="a", from_file=SecretFile(content=""))

    assert create_registry_secret(command).data == {".dockerconfigjson": ""}
