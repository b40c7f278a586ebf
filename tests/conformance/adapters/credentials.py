"""Keyrings: which credentials fit which image, in which order."""

from collections.abc import Callable, Iterator
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import NodeCredentials
from sim.cluster.kubelet.image_pull_manager import CredentialError
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.record.log import EventLog
from sim.rules.docker_config_files import DEFAULT_FOLDERS
from sim.rules.image_name import ImageNameError, parse_image_name
from sim.rules.keyring import Credential, SecretSource
from sim.rules.registry_url import RegistryURLError, url_match
from tests.conformance.adapters.credential_stand_ins import SecretTable, pod_of
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


def _lookups(data: dict[str, Any]) -> Callable[[str], list[Answer]]:
    """A node with these files and a pod with these secrets: what it is offered."""
    env = Clock()
    log = EventLog(lambda: env.now)
    table = SecretTable()
    # A trace puts any secrets in front of a lookup; a pod has those it names.
    for number, given in enumerate(data["secrets"] or []):
        table.add("default", str(number), given["type"], given["data"], given["uid"])
    root = DEFAULT_FOLDERS.root_dir
    files = {f"{root}/{name}": t for name, t in (data["node_files"] or {}).items()}
    credentials = NodeCredentials(table, NodeDockerConfig(env, files), -1)
    pod = pod_of(log, "default", [name for _, name in table.secrets])

    def lookup(repository: str) -> list[Answer]:
        offers = credentials.lookup(pod, repository, repository)
        return [_shown(o.credential) for o in offers if o.credential is not None]

    return lookup


def keyring(data: dict[str, Any]) -> Iterator[Step]:
    """Look images up in the pod's secrets, then in the node's file."""
    lookup = _lookups(data)
    error = None
    try:
        lookup("")
    except CredentialError as refused:
        error = str(refused)
    yield Step("keyring error", error, data["keyring_error"])
    if error is None:
        for given in data.get("lookups") or []:
            if "parse_error" in given:
                yield _unreadable(given)
            elif "results" in given:
                yield _lookup(given, lookup(given["arg"]))
    for match in data["url_matches"] or []:
        yield _match(match)


def _unreadable(given: dict[str, Any]) -> Step:
    """An image without a repository to look up."""
    error = None
    try:
        parse_image_name(given["image"])
    except ImageNameError as refused:
        error = str(refused)
    return Step(f"parsing {given['image']!r}", error, given["parse_error"])


def _lookup(lookup: dict[str, Any], ours: list[Answer]) -> Step:
    results = lookup["results"]
    answers = [[_recorded(c) for c in r["creds"]] for r in results]
    # Said of the look-up, or of its one answer.
    if any(one.get("order_varies") for one in (lookup, *results)):
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
