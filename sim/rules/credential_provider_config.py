"""The kubelet's CredentialProviderConfig: strict decoding, then validation.

Source: pkg/credentialprovider/plugin/config.go; the types in
staging/src/k8s.io/kubelet/config (v1, v1beta1, v1alpha1).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sim.rules.durations import format_go_duration, parse_go_duration
from sim.rules.field_error import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from sim.rules.go_text import compact_json, quote
from sim.rules.qualified_name import qualified_name_errors
from sim.rules.registry_url import RegistryURLError, parse_url

KIND = "CredentialProviderConfig"
GROUP = "kubelet.config.k8s.io"
TOKEN_VERSION = f"{GROUP}/v1"
VERSIONS = (TOKEN_VERSION, f"{GROUP}/v1beta1", f"{GROUP}/v1alpha1")
_PLUGIN_GROUP = "credentialprovider.kubelet.k8s.io"
PLUGIN_V1 = f"{_PLUGIN_GROUP}/v1"
# Sorted as texts, as the error lists them.
PLUGIN_VERSIONS = (PLUGIN_V1, f"{_PLUGIN_GROUP}/v1alpha1", f"{_PLUGIN_GROUP}/v1beta1")
GATE = "KubeletServiceAccountTokenForCredentialProviders"


class CacheType(StrEnum):
    """For whom an answer to a service account's token is kept."""

    SERVICE_ACCOUNT = "ServiceAccount"
    TOKEN = "Token"  # noqa: S105 - Kubernetes' own word


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenAttributes:
    """When and with what a plug-in gets a service account's token; None = not set."""

    audience: str = ""
    cache_type: str = ""
    require_service_account: bool | None = None
    required_keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialProvider:
    """One plug-in of the configuration, as it was decoded; None = not set."""

    name: str = ""
    match_images: tuple[str, ...] = ()
    default_cache_us: int | None = None
    api_version: str = ""
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    token_attributes: TokenAttributes | None = None


class ConfigError(ValueError):
    """A configuration cannot be decoded: the kubelet does not start."""


# --- decoding ---

_PROVIDER = ("name", "matchImages", "defaultCacheDuration", "apiVersion", "args", "env")
_TOKEN = "tokenAttributes"  # noqa: S105 - the name of a field
_TOKEN_MEMBERS = (
    "serviceAccountTokenAudience",
    "cacheType",
    "requireServiceAccount",
    "requiredServiceAccountAnnotationKeys",
    "optionalServiceAccountAnnotationKeys",
)
_DOCUMENT = ("kind", "apiVersion", "providers")


def decode(document: Mapping[str, Any]) -> tuple[CredentialProvider, ...]:
    """Return the providers of one document; raises ``ConfigError``.

    ``tokenAttributes`` is known in v1 only; any unknown member is an error.
    """
    kind, version = document.get("kind", ""), document.get("apiVersion", "")
    if kind != KIND or version not in VERSIONS:
        raise ConfigError(
            f"no kind {quote(str(kind))} is registered for version "
            f"{quote(str(version))}"
        )
    unknown = list(_unknown(document, tokens=version == TOKEN_VERSION))
    found = tuple(_provider(raw) for raw in _list(document, "providers", dict))
    if unknown:
        texts = ", ".join(f"unknown field {quote(path)}" for path in unknown)
        raise ConfigError(f"strict decoding error: {texts}")
    return found


def _unknown(document: Mapping[str, Any], *, tokens: bool) -> Iterator[str]:
    """Yield the paths of members that nobody knows."""
    yield from (key for key in document if key not in _DOCUMENT)
    known = (*_PROVIDER, _TOKEN) if tokens else _PROVIDER
    for number, raw in enumerate(_list(document, "providers", dict)):
        at = f"providers[{number}]"
        for key in raw:
            if key not in known:
                yield f"{at}.{key}"
        for place, variable in enumerate(_list(raw, "env", dict)):
            for key in variable:
                if key not in ("name", "value"):
                    yield f"{at}.env[{place}].{key}"
        if tokens:
            for key in _value(raw, _TOKEN, dict) or {}:
                if key not in _TOKEN_MEMBERS:
                    yield f"{at}.{_TOKEN}.{key}"


def _provider(raw: Mapping[str, Any]) -> CredentialProvider:
    env = _list(raw, "env", dict)
    return CredentialProvider(
        name=_text(raw, "name"),
        match_images=tuple(_list(raw, "matchImages", str)),
        default_cache_us=_duration(raw, "defaultCacheDuration"),
        api_version=_text(raw, "apiVersion"),
        args=tuple(_list(raw, "args", str)),
        env=tuple((_text(one, "name"), _text(one, "value")) for one in env),
        token_attributes=_token_attributes(_value(raw, _TOKEN, dict)),
    )


def _token_attributes(raw: Mapping[str, Any] | None) -> TokenAttributes | None:
    if raw is None:
        return None
    return TokenAttributes(
        audience=_text(raw, "serviceAccountTokenAudience"),
        cache_type=_text(raw, "cacheType"),
        require_service_account=_value(raw, "requireServiceAccount", bool),
        required_keys=tuple(_list(raw, "requiredServiceAccountAnnotationKeys", str)),
        optional_keys=tuple(_list(raw, "optionalServiceAccountAnnotationKeys", str)),
    )


_GO_TYPES = {str: "string", dict: "object", list: "array", bool: "bool"}


def _value(raw: Mapping[str, Any], key: str, kind: type) -> Any:
    value = raw.get(key)
    if value is not None and not isinstance(value, kind):
        found = _GO_TYPES.get(type(value), "number")
        raise ConfigError(
            f"json: cannot unmarshal {found} into Go field {key} "
            f"of type {_GO_TYPES[kind]}"
        )
    return value


def _text(raw: Mapping[str, Any], key: str) -> str:
    return _value(raw, key, str) or ""


def _list(raw: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    values = _value(raw, key, list) or []
    return [_value({key: value}, key, kind) or kind() for value in values]


def _duration(raw: Mapping[str, Any], key: str) -> int | None:
    text = _value(raw, key, str)
    return None if text is None else parse_signed_duration(text)


def parse_signed_duration(text: str) -> int:
    """Return microseconds for a Go duration with or without sign.

    Raises ``ConfigError``.
    """
    body = text[1:] if text[:1] in ("+", "-") else text
    try:
        amount_us = parse_go_duration(body)
    except ValueError as error:
        raise ConfigError(f"time: invalid duration {quote(text)}") from error
    return -amount_us if text.startswith("-") else amount_us


# --- validation ---


def validate(
    providers: Sequence[CredentialProvider], *, service_account_tokens: bool
) -> list[FieldError]:
    """Return what is wrong: with any error the kubelet does not start.

    ``service_account_tokens`` is the gate of that name. Paths have no indexes, as
    upstream.
    """
    errors = []
    if not providers:
        errors.append(required("providers", "at least 1 item in plugins is required"))
    seen: dict[str, None] = {}
    for provider in providers:
        errors += _name_errors(provider.name)
        if provider.name in seen:
            errors.append(duplicate("providers.name", provider.name))
        seen[provider.name] = None
        errors += _version_errors(provider.api_version)
        errors += _image_errors(provider.match_images)
        errors += _cache_errors(provider.default_cache_us)
        if provider.token_attributes is not None:
            errors += _token_errors(
                provider.api_version,
                provider.token_attributes,
                gate=service_account_tokens,
            )
    return errors


def _name_errors(name: str) -> Iterator[FieldError]:
    for wrong, text in (
        ("/" in name, "cannot contain '/'"),
        (" " in name, "cannot contain spaces"),
        (name == ".", "cannot be '.'"),
        (name == "..", "cannot be '..'"),
    ):
        if wrong:
            yield invalid("providers.name", name, f"provider name {text}")


def _version_errors(version: str) -> Iterator[FieldError]:
    if not version:
        yield required("providers.apiVersion")
    elif version not in PLUGIN_VERSIONS:
        yield not_supported("providers.apiVersion", version, PLUGIN_VERSIONS)


def _image_errors(images: Sequence[str]) -> Iterator[FieldError]:
    field = "providers.matchImages"
    if not images:
        yield required(field, "at least 1 item in matchImages is required")
    for image in images:
        try:
            parse_url(image)
        except RegistryURLError as error:
            yield invalid(field, image, f"match image is invalid: {error}")


def _cache_errors(default_us: int | None) -> Iterator[FieldError]:
    field = "providers.defaultCacheDuration"
    if default_us is None:
        yield required(field)
    elif default_us < 0:
        shown = format_go_duration(default_us)
        yield invalid(
            field, shown, "defaultCacheDuration must be greater than or equal to 0"
        )


def _token_errors(
    version: str, attributes: TokenAttributes, *, gate: bool
) -> Iterator[FieldError]:
    at = "providers.tokenAttributes"
    if not gate:
        yield forbidden(
            at, f"tokenAttributes is not supported when {GATE} feature gate is disabled"
        )
    if not attributes.audience:
        yield required(f"{at}.serviceAccountTokenAudience")
    if attributes.require_service_account is None:
        yield required(f"{at}.requireServiceAccount")
    if version != PLUGIN_V1:
        yield forbidden(
            at, f"tokenAttributes is only supported for {PLUGIN_V1} API version"
        )
    if attributes.require_service_account is False and attributes.required_keys:
        yield forbidden(
            f"{at}.requiredServiceAccountAnnotationKeys",
            "requireServiceAccount cannot be false when "
            "requiredServiceAccountAnnotationKeys is set",
        )
    yield from _annotation_errors(at, attributes)
    yield from _cache_type_errors(f"{at}.cacheType", attributes.cache_type)


def _annotation_errors(at: str, attributes: TokenAttributes) -> Iterator[FieldError]:
    for name, keys in (
        ("required", attributes.required_keys),
        ("optional", attributes.optional_keys),
    ):
        field = f"{at}.{name}ServiceAccountAnnotationKeys"
        for number, key in enumerate(keys):
            for text in qualified_name_errors(key.lower()):
                yield invalid(field, key, text)
            if key in keys[:number]:
                yield duplicate(field, key)
    both = sorted(set(attributes.required_keys) & set(attributes.optional_keys))
    if both:
        yield invalid(
            at,
            compact_json(both),
            "annotation keys cannot be both required and optional",
        )


def _cache_type_errors(field: str, cache_type: str) -> Iterator[FieldError]:
    known = tuple(kind.value for kind in CacheType)
    if not cache_type:
        yield required(
            field,
            "cacheType is required to be set when tokenAttributes is specified. "
            f"Supported values are: {', '.join(known)}",
        )
    elif cache_type not in known:
        yield not_supported(field, cache_type, known)
