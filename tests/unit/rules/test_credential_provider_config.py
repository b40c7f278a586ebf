"""The CredentialProviderConfig: decoded strictly, then validated."""

from typing import Any

import pytest

from sim.rules.credential_provider_config import (
    KIND,
    PLUGIN_V1,
    TOKEN_VERSION,
    VERSIONS,
    ConfigError,
    CredentialProvider,
    TokenAttributes,
    decode,
    parse_signed_duration,
    validate,
)
from sim.units import MINUTE

PROVIDER: dict[str, Any] = {
    "name": "ecr",
    "matchImages": ["r.io"],
    "defaultCacheDuration": "1m",
    "apiVersion": PLUGIN_V1,
    "args": ["--v=5"],
    "env": [{"name": "A", "value": "1"}],
}
TOKENS: dict[str, Any] = {
    "serviceAccountTokenAudience": "aud",
    "requireServiceAccount": True,
    "cacheType": "Token",
    "requiredServiceAccountAnnotationKeys": ["a.io/role"],
    "optionalServiceAccountAnnotationKeys": ["a.io/zone"],
}
AT = "providers.tokenAttributes"


def document(
    *providers: dict[str, Any], version: str = TOKEN_VERSION
) -> dict[str, Any]:
    return {"kind": KIND, "apiVersion": version, "providers": list(providers)}


def errors(**changes: Any) -> list[str]:
    """The fields and kinds of the errors of one changed provider."""
    found = decode(document(PROVIDER | changes))
    return [
        f"{one.field} {one.type}"
        for one in validate(found, service_account_tokens=True)
    ]


def test_a_provider_is_decoded_with_all_its_fields() -> None:
    """Durations become microseconds."""
    (found,) = decode(document(PROVIDER | {"tokenAttributes": TOKENS}))

    assert found == CredentialProvider(
        name="ecr",
        match_images=("r.io",),
        default_cache_us=MINUTE,
        api_version=PLUGIN_V1,
        args=("--v=5",),
        env=(("A", "1"),),
        token_attributes=TokenAttributes(
            audience="aud",
            cache_type="Token",
            require_service_account=True,
            required_keys=("a.io/role",),
            optional_keys=("a.io/zone",),
        ),
    )
    assert validate([found], service_account_tokens=True) == []


def test_nothing_need_be_there_to_be_decoded() -> None:
    """Validation asks for it."""
    assert decode({"kind": KIND, "apiVersion": TOKEN_VERSION}) == ()
    assert decode(document({})) == (CredentialProvider(),)
    assert decode(document({"args": [None], "env": [None]}))[0].args == ("",)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"kind": "Other", "apiVersion": TOKEN_VERSION},
            'no kind "Other" is registered',
        ),
        ({"kind": KIND}, f'no kind "{KIND}" is registered for version ""'),
        (document() | {"extra": 1}, 'unknown field "extra"'),
        (document({"tokens": 1}), 'unknown field "providers[0].tokens"'),
        (
            document({"env": [{"key": "A"}]}),
            'unknown field "providers[0].env[0].key"',
        ),
        (
            document({"tokenAttributes": {"audience": "a"}}),
            'unknown field "providers[0].tokenAttributes.audience"',
        ),
        (
            document({"tokenAttributes": {}}, version=VERSIONS[1]),
            'unknown field "providers[0].tokenAttributes"',
        ),
        (document({"name": 1}), "cannot unmarshal number into Go field name"),
        (
            document({"matchImages": "a"}),
            "cannot unmarshal string into Go field matchImages of type array",
        ),
        (
            document({"tokenAttributes": []}),
            "cannot unmarshal array into Go field tokenAttributes of type object",
        ),
        (document({"name": True}), "cannot unmarshal bool into Go field name"),
        (
            document({"tokenAttributes": {"requireServiceAccount": {}}}),
            "unmarshal object into Go field requireServiceAccount of type bool",
        ),
        (document({"defaultCacheDuration": "1"}), 'time: invalid duration "1"'),
    ],
)
def test_decoding_is_strict(given: dict[str, Any], error: str) -> None:
    """Kinds, versions, members and types."""
    with pytest.raises(ConfigError) as caught:
        decode(given)

    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("text", "duration_us"), [("1m", MINUTE), ("+1m", MINUTE), ("-1m", -MINUTE)]
)
def test_durations_may_have_a_sign(text: str, duration_us: int) -> None:
    """As Go reads them."""
    assert parse_signed_duration(text) == duration_us


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"name": "a/b"}, ["providers.name Invalid"]),
        ({"name": "a b"}, ["providers.name Invalid"]),
        ({"name": "."}, ["providers.name Invalid"]),
        ({"name": ".."}, ["providers.name Invalid"]),
        ({"apiVersion": ""}, ["providers.apiVersion Required"]),
        ({"apiVersion": "v9"}, ["providers.apiVersion NotSupported"]),
        ({"matchImages": []}, ["providers.matchImages Required"]),
        ({"matchImages": ["%a%"]}, ["providers.matchImages Invalid"]),
        ({"defaultCacheDuration": None}, ["providers.defaultCacheDuration Required"]),
        ({"defaultCacheDuration": "-1m"}, ["providers.defaultCacheDuration Invalid"]),
    ],
)
def test_a_provider_has_errors(changes: dict[str, Any], found: list[str]) -> None:
    """With any of them the kubelet does not start."""
    assert errors(**changes) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        (
            {"serviceAccountTokenAudience": ""},
            [f"{AT}.serviceAccountTokenAudience Required"],
        ),
        (
            {"requireServiceAccount": None},
            [f"{AT}.requireServiceAccount Required"],
        ),
        (
            {"requireServiceAccount": False},
            [f"{AT}.requiredServiceAccountAnnotationKeys Forbidden"],
        ),
        (
            {"optionalServiceAccountAnnotationKeys": ["a-", "b", "b"]},
            [
                f"{AT}.optionalServiceAccountAnnotationKeys Invalid",
                f"{AT}.optionalServiceAccountAnnotationKeys Duplicate",
            ],
        ),
        ({"optionalServiceAccountAnnotationKeys": ["a.io/role"]}, [f"{AT} Invalid"]),
        ({"cacheType": ""}, [f"{AT}.cacheType Required"]),
        ({"cacheType": "Pod"}, [f"{AT}.cacheType NotSupported"]),
    ],
)
def test_token_attributes_have_errors(
    changes: dict[str, Any], found: list[str]
) -> None:
    """Each field has its own."""
    assert errors(tokenAttributes=TOKENS | changes) == found


def test_the_cache_type_that_is_missing_is_told_with_what_there_is() -> None:
    """The text names both types."""
    (error,) = validate(
        decode(document(PROVIDER | {"tokenAttributes": TOKENS | {"cacheType": ""}})),
        service_account_tokens=True,
    )

    assert str(error) == (
        f"{AT}.cacheType: Required value: cacheType is required to be set when "
        "tokenAttributes is specified. Supported values are: ServiceAccount, Token"
    )


def test_tokens_need_the_gate_and_the_newest_interface() -> None:
    """Both are said."""
    old = "credentialprovider.kubelet.k8s.io/v1beta1"
    given = PROVIDER | {"apiVersion": old, "tokenAttributes": TOKENS}

    found = validate(decode(document(given)), service_account_tokens=False)

    assert [str(one).partition(" ")[0] for one in found] == [f"{AT}:", f"{AT}:"]
    assert "KubeletServiceAccountTokenForCredentialProviders" in str(found[0])


def test_there_is_at_least_one_provider_and_no_name_is_there_twice() -> None:
    """Over all providers."""
    none = validate([], service_account_tokens=True)
    twice = validate(decode(document(PROVIDER, PROVIDER)), service_account_tokens=True)

    assert (
        str(none[0])
        == "providers: Required value: at least 1 item in plugins is required"
    )
    assert [str(one) for one in twice] == ['providers.name: Duplicate value: "ecr"']
