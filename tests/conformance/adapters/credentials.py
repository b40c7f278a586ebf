"""Keyrings: which credentials fit which image, in which order."""

from collections.abc import Iterator
from typing import Any

from sim.rules.docker_config import DockerConfigError, parse_secret
from sim.rules.docker_config_files import DEFAULT_FOLDERS, take_file
from sim.rules.keyring import Credential, Keyring, SecretSource
from sim.rules.registry_url import RegistryURLError, url_match
from tests.conformance.harness import Adapter, OneOf, Step

Answer = tuple[str, str, str, str, str | None]


def _shown(credential: Credential) -> Answer:
    source = credential.source
    uid = source.uid if isinstance(source, SecretSource) else None
    return (
        credential.username,
        credential.password,
        credential.email,
        credential.hash,
        uid,
    )


def _recorded(given: dict[str, Any]) -> Answer:
    return (
        given.get("username", ""),
        given.get("password", ""),
        given.get("email", ""),
        given["hash"],
        given.get("secret_uid"),
    )


def _pod_keyring(data: dict[str, Any]) -> Keyring:
    configs = []
    for given in data["secrets"] or []:
        config = parse_secret(given["type"], given["data"])
        if config is not None:
            source = SecretSource(
                namespace=given["namespace"], name=given["name"], uid=given["uid"]
            )
            configs.append((config, source))
    return Keyring(configs)


def _node_keyring(data: dict[str, Any]) -> Keyring:
    root = DEFAULT_FOLDERS.root_dir
    files = {f"{root}/{name}": t for name, t in (data["node_files"] or {}).items()}
    return Keyring([(take_file(files, DEFAULT_FOLDERS).entries, None)])


def keyring(data: dict[str, Any]) -> Iterator[Step]:
    """Look images up in the pod's secrets, then in the node's file."""
    error = None
    try:
        pod = _pod_keyring(data)
    except DockerConfigError as refused:
        error = str(refused)
    yield Step("keyring error", error, data["keyring_error"])
    if error is None:
        node = _node_keyring(data)
        for lookup in data.get("lookups") or []:
            if "results" in lookup:
                found = pod.lookup(lookup["arg"]) + node.lookup(lookup["arg"])
                yield _lookup(lookup, [_shown(one) for one in found])
    for match in data["url_matches"] or []:
        yield _match(match)


def _lookup(lookup: dict[str, Any], ours: list[Answer]) -> Step:
    answers = [[_recorded(c) for c in r["creds"]] for r in lookup["results"]]
    if lookup.get("order_varies"):
        ours = sorted(ours, key=str)
        answers = [sorted(answer, key=str) for answer in answers]
    return Step(f"lookup {lookup['arg']}", ours, OneOf(*answers))


def _match(given: dict[str, Any]) -> Step:
    try:
        ours: tuple[bool, str | None] = (
            url_match(given["glob"], given["target"]),
            None,
        )
    except RegistryURLError as error:
        ours = (False, str(error))
    where = f"{given['glob']} against {given['target']}"
    return Step(where, ours, (given["match"], given["error"]))


ADAPTERS: dict[str, Adapter] = {"keyring": keyring}
