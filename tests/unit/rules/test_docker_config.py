"""Docker configs: files, pull secrets and their single fields."""

import json
from base64 import b64encode

import pytest

from sim.rules.docker_config import (
    CONFIG_JSON_KEY,
    CONFIG_JSON_TYPE,
    DOCKERCFG_KEY,
    DOCKERCFG_TYPE,
    DockerConfigError,
    Entry,
    check_json_object,
    decode_auth,
    docker_config_json,
    entry_json,
    parse_config_json,
    parse_dockercfg,
    parse_entry,
    parse_secret,
)

ADA = Entry(username="ada", password="x")  # noqa: S106 - of this test alone


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("null", []),
        ("{}", []),
        ('{"auths": null}', []),
        ('{"credHelpers": {"a": "b"}}', []),
        ('{"AUTHS": {"a": {"username": "ada", "password": "x"}}}', [("a", ADA)]),
        ('{"auths": {"a": null}}', [("a", Entry())]),
        ('{"auths": {"a": {}}}', [("a", Entry())]),
    ],
)
def test_a_config_has_the_entries_of_auths(
    text: str, entries: list[tuple[str, Entry]]
) -> None:
    """Nothing else of the file is read."""
    assert parse_config_json(text) == entries


def test_a_dockercfg_is_the_map_itself() -> None:
    """Without auths around it; null is no entry."""
    assert parse_dockercfg('{"a": {"username": "ada", "password": "x"}}') == [
        ("a", ADA)
    ]
    assert parse_dockercfg("null") == []


def test_the_last_of_equal_keys_counts_but_all_are_decoded() -> None:
    """A bad entry spoils the file even if a later one takes its place."""
    good = f'"a": {{"auth": "{encoded("ada:x")}"}}'

    assert parse_dockercfg(f'{{"a": {{}}, {good}}}') == [("a", ADA)]
    with pytest.raises(DockerConfigError):
        parse_dockercfg(f'{{"a": {{"auth": "pants"}}, {good}}}')


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"username": 1}', "cannot unmarshal number into Go struct field"),
        ('{"username": {}}', "cannot unmarshal object into Go struct field"),
        ("[]", "cannot unmarshal array into Go value"),
        ("", "unexpected end of JSON input"),
    ],
)
def test_a_wrong_entry_is_told_in_the_words_of_go(text: str, error: str) -> None:
    """Types and syntax alike."""
    with pytest.raises(DockerConfigError) as caught:
        parse_entry(text)

    assert error in str(caught.value)


@pytest.mark.parametrize(("auth", "place"), [("YTpi=", 4), ("pants", 4)])
def test_bad_base64_is_found_at_its_place(auth: str, place: int) -> None:
    """With padding or without."""
    with pytest.raises(DockerConfigError) as caught:
        decode_auth(auth)

    assert str(caught.value) == f"illegal base64 data at input byte {place}"


def test_an_auth_needs_a_colon() -> None:
    """The first one splits."""
    assert decode_auth(encoded("a:b:c")) == ("a", "b:c")
    with pytest.raises(DockerConfigError, match="must be formatted as base64"):
        decode_auth(encoded("ab"))


@pytest.mark.parametrize(
    ("kind", "key", "text", "entries"),
    [
        (CONFIG_JSON_TYPE, CONFIG_JSON_KEY, '{"auths": {"a": {}}}', [("a", Entry())]),
        (DOCKERCFG_TYPE, DOCKERCFG_KEY, '{"a": {}}', [("a", Entry())]),
        (DOCKERCFG_TYPE, CONFIG_JSON_KEY, "{}", None),
        (CONFIG_JSON_TYPE, CONFIG_JSON_KEY, "", None),
        ("Opaque", CONFIG_JSON_KEY, "{}", None),
    ],
)
def test_a_secret_counts_by_type_and_key(
    kind: str, key: str, text: str, entries: list[tuple[str, Entry]] | None
) -> None:
    """Others are not looked at."""
    assert parse_secret(kind, {key: text}) == entries


def test_what_is_written_can_be_read() -> None:
    """Empty members are left out, special characters escaped."""
    entry = Entry(username="a&b", password="c", email="e")  # noqa: S106

    assert parse_config_json(docker_config_json("r.io", entry)) == [("r.io", entry)]
    assert entry_json(ADA).startswith('{"username":"ada","password":"x","auth":')
    assert r"a\u0026b" in entry_json(entry)
    assert json.loads(entry_json(entry))["auth"] == encoded("a&b:c")


def test_a_hash_is_that_of_the_compact_entry() -> None:
    """The one that the pull records keep."""
    alice = Entry(username="alice", password="a")  # noqa: S106

    assert alice.hash.startswith("ece0f8e6803bb0cc")


def test_the_api_server_wants_an_object() -> None:
    """Null passes as well."""
    check_json_object("{}")
    check_json_object("null")
    with pytest.raises(DockerConfigError):
        check_json_object("[]")
