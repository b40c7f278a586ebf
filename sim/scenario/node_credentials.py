"""A node's own credentials: docker configs, credential providers and their answers.

Each function notes what a kubelet would not start with, or never look at, by calling
``fault`` with a message and the path below the node (or act).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from sim.rules.credential_provider_config import (
    ConfigError,
    CredentialProvider,
    decode,
    validate,
)
from sim.rules.docker_config_files import (
    CONFIG_JSON,
    KubeletFolders,
    search_path,
)
from sim.rules.field_error import FieldError
from sim.rules.profiles import NEWEST, PROFILES
from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.schema.kubelet import KubeletPart
from sim.scenario.schema.nodes import NodePart
from sim.scenario.schema.plugins import PluginPart

CONFIG_KEY = "imageCredentialProviderConfig"
NOT_STARTED = "the kubelet would not start"


class NoteFault(Protocol):
    """Where mistakes go."""

    def __call__(self, message: str, *path: Step) -> None:
        """Note a mistake at a path below the node."""


def with_credentials(
    group: model.NodeGroup,
    part: NodePart,
    document: object,
    kubernetes: str,
    fault: NoteFault,
) -> model.NodeGroup:
    """Return a group with what its nodes have of their own.

    ``document`` is its CredentialProviderConfig as the kubelet reads it (None = none).
    """
    where = folders(part.kubelet)
    files = docker_config_files(
        part.docker_config_files,
        where,
        fault,
        config_json=part.docker_config is not None,
    )
    configured = providers(document, kubernetes, fault)
    return replace(
        group,
        docker_config=json_text(part.docker_config),
        docker_config_files={p: t for p, t in files.items() if t is not None},
        kubelet_folders=where,
        credential_providers=configured,
        plugins=plugins(part.credential_providers, configured, fault),
    )


def folders(part: KubeletPart) -> KubeletFolders:
    """Return where a kubelet runs."""
    return KubeletFolders(
        root_dir=part.root_dir, cwd=part.working_directory, home=part.home
    )


def config_json_path(where: KubeletFolders) -> str:
    """Return the path of what scenarios call ``dockerConfig``."""
    return search_path(where)[0]


def json_text(value: Mapping[str, Any] | None) -> str | None:
    """Return a docker config as its file holds it."""
    return None if value is None else json.dumps(value)


def docker_config_files(
    written: Mapping[str, Mapping[str, Any] | str | None],
    where: KubeletFolders,
    fault: NoteFault,
    *,
    config_json: bool,
) -> dict[str, str | None]:
    """Return texts by path; ``config_json`` = ``dockerConfig`` is given as well."""
    known = search_path(where)
    for path in written:
        if path not in known:
            looked = ", ".join(dict.fromkeys(known))
            fault(
                f"the kubelet never looks at {path!r}; it looks at: {looked}",
                "dockerConfigFiles",
                path,
            )
        elif config_json and path == known[0]:
            fault(
                f"{path} is what dockerConfig says already ({CONFIG_JSON} in rootDir)",
                "dockerConfigFiles",
                path,
            )
    return {
        path: content if isinstance(content, str) else json_text(content)
        for path, content in written.items()
    }


def providers(
    document: object, kubernetes: str, fault: NoteFault
) -> tuple[CredentialProvider, ...]:
    """Return the configured providers of a CredentialProviderConfig (None = none)."""
    if not isinstance(document, dict):
        return ()
    try:
        found = decode(document)
    except ConfigError as error:
        fault(f"{NOT_STARTED}: {error}", "kubelet", CONFIG_KEY)
        return ()
    tokens = PROFILES.get(
        kubernetes, PROFILES[NEWEST]
    ).service_account_tokens_for_providers
    place = ("kubelet", CONFIG_KEY, "providers")
    if not found:
        (none,) = validate(found, service_account_tokens=tokens)
        fault(f"{NOT_STARTED}: {none}", *place)
    told: list[FieldError] = []
    for number in range(len(found)):
        # Upstream names no indexes; what one more provider adds is its own.
        errors = validate(found[: number + 1], service_account_tokens=tokens)
        for one in errors[len(told) :]:
            fault(f"{NOT_STARTED}: {one}", *place, number)
        told = errors
    return found


def plugins(
    written: Mapping[str, PluginPart],
    configured: tuple[CredentialProvider, ...],
    fault: NoteFault,
) -> dict[str, model.PluginAnswer]:
    """Return the answers of a node's plug-ins; every configured one must be there."""
    names = [provider.name for provider in configured]
    for name in names:
        if name and name not in written:
            fault(
                f"{NOT_STARTED}: plugin binary executable {name} did not exist; "
                "credentialProviders says what a plug-in answers",
                "kubelet",
                CONFIG_KEY,
            )
    return answers(written, names, fault)


def answers(
    written: Mapping[str, PluginPart], known: list[str], fault: NoteFault
) -> dict[str, model.PluginAnswer]:
    """Return what plug-ins answer; one that is not configured is never asked."""
    for name in written:
        if name not in known:
            fault(
                f"no provider {name!r} in {CONFIG_KEY}, so it is never asked; "
                f"providers are: {', '.join(known) or 'none'}",
                "credentialProviders",
                name,
            )
    return {name: _answer(part) for name, part in written.items()}


def _answer(part: PluginPart) -> model.PluginAnswer:
    accounts = part.service_accounts
    return model.PluginAnswer(
        auth=tuple(
            model.Login(key=key, username=login.username, password=login.password)
            for key, login in part.auth.items()
        ),
        cache_key_type=part.cache_key_type,
        cache_us=part.cache_duration,
        error=part.error,
        service_accounts=None if accounts is None else tuple(accounts),
    )
