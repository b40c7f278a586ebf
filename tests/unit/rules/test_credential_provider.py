"""What credential provider plug-ins are told, and what is made of their answers."""

import json
from typing import Any

import pytest

from sim.rules.credential_provider import (
    NotCalledError,
    ProviderError,
    ProviderResponse,
    cache_key,
    cached_for_us,
    check_passwords,
    is_asked,
    lookup_keys,
    merged_environment,
    parse_response,
    request_text,
    response_text,
    sent_annotations,
)
from sim.rules.credential_provider_config import PLUGIN_V1, TokenAttributes
from sim.rules.docker_config import Entry
from sim.units import MINUTE

ANSWER: dict[str, Any] = {
    "kind": "CredentialProviderResponse",
    "apiVersion": PLUGIN_V1,
    "cacheKeyType": "Registry",
    "cacheDuration": "1m",
    "auth": {"r.io": {"username": "u", "password": "p"}},
}
GIVEN = ProviderResponse(
    cache_key_type="Registry",
    cache_us=MINUTE,
    auth=[("r.io", Entry(username="u", password="p"))],  # noqa: S106
)


def test_keys_of_the_configuration_are_not_prepared() -> None:
    """A scheme, or the hub's other name, fits nothing."""
    assert is_asked(["docker.io"], "docker.io/library/nginx")
    assert not is_asked(["https://r.io", "index.docker.io"], "docker.io/library/nginx")


def test_a_request_leaves_out_what_is_empty() -> None:
    """Annotations are sorted."""
    plain = json.loads(request_text(PLUGIN_V1, "r.io/app"))
    full = json.loads(request_text(PLUGIN_V1, "r.io/app", "t", {"b": "2", "a": "1"}))

    assert list(plain) == ["kind", "apiVersion", "image"]
    assert full["serviceAccountToken"] == "t"
    assert list(full["serviceAccountAnnotations"]) == ["a", "b"]


def test_annotations_are_sent_as_configured() -> None:
    """A required one must be there; others of the account stay at home."""
    attributes = TokenAttributes(required_keys=("role",), optional_keys=("zone",))

    assert sent_annotations(attributes, {"role": "r", "other": "o"}) == {"role": "r"}
    with pytest.raises(NotCalledError, match="required annotation role not found"):
        sent_annotations(attributes, {"zone": "z"})


def test_an_answer_is_read_and_written() -> None:
    """Both ways."""
    assert parse_response(json.dumps(ANSWER), PLUGIN_V1) == GIVEN
    assert parse_response(response_text(PLUGIN_V1, GIVEN), PLUGIN_V1) == GIVEN


def test_most_members_may_be_absent() -> None:
    """The duration is then the configuration's."""
    text = response_text(PLUGIN_V1, ProviderResponse(cache_key_type=""))
    bare = {key: ANSWER[key] for key in ("kind", "apiVersion")}

    assert parse_response(text, None) == ProviderResponse(cache_key_type="")
    assert parse_response(json.dumps(bare), None) == ProviderResponse(cache_key_type="")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"apiVersion": "other/v1"}, "did not match expected apiVersion"),
        ({"kind": "Other"}, "error decoding"),
        ({"extra": 1}, "error decoding"),
        ({"cacheKeyType": 1}, "error decoding"),
        ({"cacheDuration": "soon"}, "error decoding"),
        ({"auth": {"r.io": {"user": "u"}}}, "error decoding"),
        ({"auth": {"r.io": {"username": 1}}}, "error decoding"),
        ({"auth": []}, "error decoding"),
    ],
)
def test_a_wrong_answer_is_thrown_away(changes: dict[str, Any], error: str) -> None:
    """Decoding is strict."""
    with pytest.raises(ProviderError, match=error):
        parse_response(json.dumps(ANSWER | changes), PLUGIN_V1)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "^error reading GVK from response: Expecting value$"),
        ("[]", "^error reading GVK from response: not an object$"),
        ('{"a": 1, "a": 2}', "error decoding"),
    ],
)
def test_what_is_no_object_is_thrown_away(text: str, error: str) -> None:
    """So are repeated keys."""
    with pytest.raises(ProviderError, match=error):
        parse_response(text, None)


@pytest.mark.parametrize(
    ("token", "cache_type", "allowed"),
    [
        ("p", "Token", True),
        ("p", "ServiceAccount", False),
        ("other", "ServiceAccount", True),
        ("", "ServiceAccount", True),
    ],
)
def test_a_token_may_not_be_kept_for_others(
    token: str, cache_type: str, allowed: bool
) -> None:
    """As a password it is one pod's alone."""
    if allowed:
        assert check_passwords(GIVEN, token, cache_type) is GIVEN
    else:
        with pytest.raises(ProviderError, match="service account token"):
            check_passwords(GIVEN, token, cache_type)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("Image", "r.io:5000/a/b"), ("Registry", "r.io:5000"), ("Global", "global")],
)
def test_the_type_of_the_key_says_for_what_it_holds(kind: str, key: str) -> None:
    """The key is one of those that a lookup asks for."""
    response = ProviderResponse(cache_key_type=kind)

    assert cache_key(response, "r.io:5000/a/b") == key
    assert key in lookup_keys("r.io:5000/a/b")


def test_an_unknown_type_gives_nothing() -> None:
    """The answer is lost."""
    with pytest.raises(ProviderError, match='valid cacheKeyType: "Bogus"'):
        cache_key(ProviderResponse(cache_key_type="Bogus"), "r.io/a")


@pytest.mark.parametrize(
    ("own_us", "kept_us"), [(None, MINUTE), (0, 0), (5, 5), (-5, 0)]
)
def test_the_default_holds_where_the_answer_is_silent(
    own_us: int | None, kept_us: int
) -> None:
    """Zero is not silent."""
    response = ProviderResponse(cache_key_type="Image", cache_us=own_us)

    assert cached_for_us(response, MINUTE) == kept_us


def test_the_own_environment_comes_last() -> None:
    """Repeated names are kept."""
    assert merged_environment(["A=1"], ["A=2"]) == ["A=1", "A=2"]
