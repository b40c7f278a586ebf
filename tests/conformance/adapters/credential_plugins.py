"""Credential provider plug-ins: configuration, requests, answers, caches in time."""

import json
from collections.abc import Iterator
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credential_plugin import (
    CacheKey,
    Provided,
    ProviderCache,
    Requester,
)
from sim.rules import credential_provider as rules
from sim.rules.credential_provider import (
    ProviderError,
    ProviderResponse,
    lookup_keys,
    parse_response,
    request_text,
)
from sim.rules.credential_provider_config import (
    KIND,
    PLUGIN_V1,
    TOKEN_VERSION,
    ConfigError,
    CredentialProvider,
    TokenAttributes,
    decode,
    validate,
)
from sim.rules.docker_config import Entry
from sim.rules.pull_records import ServiceAccountCoordinates
from sim.units import SECOND
from tests.conformance.adapters.credential_stand_ins import LOGIN, Plugin, Unseen
from tests.conformance.adapters.credential_vectors import Facts, adapter
from tests.conformance.harness import Adapter, Part, Step

TOKEN = "token"  # noqa: S105 - of this test alone


def _provider(*match_images: str, **more: Any) -> CredentialProvider:
    return CredentialProvider(
        name="plugin",
        match_images=match_images,
        api_version=PLUGIN_V1,
        **{"default_cache_us": 0} | more,
    )


def _host(image: str) -> str:
    return image.partition("/")[0]


def provide(given: Facts) -> Facts:
    """Ask a plug-in; show whether it ran and what it hands on."""
    auth = [(k, Entry(username="u")) for k in given["response"]["auth_keys"]]
    response = ProviderResponse(
        cache_key_type=given["response"]["cache_key_type"], auth=auth
    )
    plugin = Plugin(Clock(), _provider(*given["match_images"]), response)
    provided = plugin.living.provide(given["image"], None, Unseen())
    keys = [key for key, _ in provided.entries]
    return {"executed": bool(plugin.requests), "auth_keys": keys}


def provide_case(data: Facts) -> Iterator[Step]:
    """The keys are a set."""
    ours, expected = provide(data["input"]), data["expect"]
    yield Step("executed", ours["executed"], expected["executed"])
    yield Step("keys", sorted(ours["auth_keys"]), sorted(expected["auth_keys"]))


def match_image(given: Facts) -> Facts:
    """Ask a plug-in that answers nothing."""
    response = ProviderResponse(cache_key_type="Image")
    plugin = Plugin(Clock(), _provider(*given["match_images"]), response)
    plugin.living.provide(given["image"], None, Unseen())
    return {"executed": bool(plugin.requests)}


def cache_key(data: Facts) -> Iterator[Step]:
    """Ask twice in one instant."""
    given, expected = data["input"], data["expect"]
    response = ProviderResponse(
        cache_key_type=given["cache_key_type"],
        cache_us=given["cache_duration_s"] * SECOND,
    )
    plugin = Plugin(Clock(), _provider(_host(given["image"])), response)
    plugin.living.provide(given["image"], None, Unseen())
    keys = sorted(key.key for key in plugin.living.cache.entries)
    yield Step("keys", keys, sorted(expected["cache_keys"]))
    plugin.living.provide(given["image"], None, Unseen())
    again = len(plugin.requests) == 2
    yield Step("second call", again, expected["second_call_executed"])


def cache_duration(given: Facts) -> Facts:
    """Ask once; show until when the answer is kept."""
    seconds = given["response_cache_duration_s"]
    response = ProviderResponse(
        cache_key_type=given["cache_key_type"],
        cache_us=None if seconds is None else seconds * SECOND,
        auth=[("r.io", Entry(username="u", password=LOGIN))],
    )
    default_us = given["default_cache_duration_s"] * SECOND
    plugin = Plugin(Clock(), _provider("r.io", default_cache_us=default_us), response)
    provided = plugin.living.provide("r.io/app", None, Unseen())
    ends = [until_us for _, until_us in plugin.living.cache.entries.values()]
    return {
        "cached_for_s": max(ends, default=0) // SECOND,
        "credentials_used": bool(provided.entries),
    }


def exec_sequence(given: Facts) -> Facts:
    """Ask for one image after the other."""
    response = ProviderResponse(
        cache_key_type=given["cache_key_type"], cache_us=3600 * SECOND
    )
    hosts = dict.fromkeys(map(_host, given["images"]))
    plugin = Plugin(Clock(), _provider(*hosts), response)
    executed = []
    for image in given["images"]:
        before = len(plugin.requests)
        plugin.living.provide(image, None, Unseen())
        executed.append(len(plugin.requests) > before)
    return {"executed": executed}


def cache_expiry(given: Facts) -> Facts:
    """Read a cache at a later time."""
    env = Clock()
    cache = ProviderCache(env)
    lasts_us = given["entry"]["expires_at_s"] * SECOND
    cache.add(CacheKey(given["entry"]["key"]), Provided(), lasts_us)
    if given["get"]["at_s"]:
        env.run(until=given["get"]["at_s"] * SECOND)
    found = cache.find([CacheKey(key) for key in lookup_keys(given["get"]["key"])])
    return {"found": found is not None, "entries_left": len(cache.entries)}


def request(given: Facts) -> Facts:
    """Write the request."""
    return {"stdin": request_text(given["api_version"], given["image"])}


def response(given: Facts) -> Facts:
    """Read an answer."""
    try:
        read = parse_response(given["stdout"], given["configured_api_version"])
    except ProviderError:
        read = None
    if read is None:
        nothing = dict.fromkeys(("cache_key_type", "cache_duration_s", "auth"))
        return {"ok": False, **nothing}
    return {
        "ok": True,
        "cache_key_type": read.cache_key_type,
        "cache_duration_s": None if read.cache_us is None else read.cache_us // SECOND,
        "auth": {
            key: {"username": entry.username, "password": entry.password}
            for key, entry in read.auth
        },
    }


def config_read(data: Facts) -> Iterator[Step]:
    """Decode a document."""
    expected = data["expect"]
    error = ""
    try:
        decode(data["input"])
    except ConfigError as refused:
        error = str(refused)
    yield Step("ok", not error, expected["ok"])
    yield Step("text", error, Part(expected["error_contains"] or ""))


def config_validate(data: Facts) -> Iterator[Step]:
    """Decode and validate providers."""
    given, expected = data["input"], data["expect"]
    document = {"kind": KIND, "apiVersion": TOKEN_VERSION}
    providers = decode({**document, "providers": given["providers"]})
    errors = validate(providers, service_account_tokens=given["sa_token_gate"])
    found = [(error.field, error.type.value) for error in errors]
    wanted = [(expected["field"], expected["error_type"])]
    yield Step("errors", found, [] if expected["ok"] else wanted)
    texts = "\n".join(str(error) for error in errors)
    yield Step("text", texts, Part(expected["detail"] or ""))
    supported = sorted(name for error in errors for name in error.supported)
    yield Step("supported", supported, sorted(expected["supported"] or []))


def environment(given: Facts) -> Facts:
    """Join the environments."""
    return {"merged": rules.merged_environment(given["system"], given["plugin"])}


def _requester(given: Facts) -> Requester | None:
    name = given["serviceAccountName"]
    if not name:
        return None
    return Requester(
        coordinates=ServiceAccountCoordinates(namespace="ns", name=name, uid="uid"),
        annotations=given["annotations"],
        token=TOKEN,
    )


def service_account(given: Facts) -> Facts:
    """Ask a plug-in that works with tokens."""
    attributes = TokenAttributes(
        audience="audience",
        cache_type=given["cacheType"],
        require_service_account=given["requireServiceAccount"],
        required_keys=tuple(given["required_keys"]),
        optional_keys=tuple(given["optional_keys"]),
    )
    password = TOKEN if given["password_is_token"] else LOGIN
    answer = ProviderResponse(
        cache_key_type="Image",
        auth=[("r.io", Entry(username="u", password=password))],
    )
    plugin = Plugin(Clock(), _provider("r.io", token_attributes=attributes), answer)
    provided = plugin.living.provide("r.io/app", _requester(given), Unseen())
    sent = json.loads(plugin.requests[0]) if plugin.requests else {}
    return {
        "executed": bool(plugin.requests),
        "token_sent": "serviceAccountToken" in sent,
        "annotations_sent": sent.get("serviceAccountAnnotations", {}),
        "credentials": bool(provided.entries),
    }


ADAPTERS: dict[str, Adapter] = {
    "cred.plugin.provide": provide_case,
    "cred.plugin.match-image": adapter(match_image),
    "cred.plugin.cache-key": cache_key,
    "cred.plugin.cache-duration": adapter(cache_duration),
    "cred.plugin.exec-sequence": adapter(exec_sequence),
    "cred.plugin.cache-expiry": adapter(cache_expiry),
    "cred.plugin.request": adapter(request),
    "cred.plugin.response": adapter(response),
    "cred.plugin.config-read": config_read,
    "cred.plugin.config-validate": config_validate,
    "cred.plugin.env": adapter(environment),
    "cred.plugin.service-account": adapter(service_account),
}
