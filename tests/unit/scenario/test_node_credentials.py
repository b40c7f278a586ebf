"""A node's own credentials: what a kubelet would not start with."""

from collections.abc import Callable
from typing import Any

import pytest

from sim.rules.credential_provider_config import KIND, PLUGIN_V1, TOKEN_VERSION
from sim.rules.docker_config_files import DEFAULT_FOLDERS, KubeletFolders
from sim.scenario.model import Login, PluginAnswer
from sim.scenario.node_credentials import (
    answers,
    config_json_path,
    docker_config_files,
    folders,
    plugins,
    providers,
)
from sim.scenario.schema.kubelet import KubeletPart
from sim.scenario.schema.plugins import PluginPart

PROVIDER: dict[str, Any] = {
    "name": "ecr",
    "matchImages": ["r.io"],
    "defaultCacheDuration": "1m",
    "apiVersion": PLUGIN_V1,
}
TOKENS = {
    "serviceAccountTokenAudience": "aud",
    "requireServiceAccount": True,
    "cacheType": "Token",
}


class Faults(list[str]):
    """Gathers messages with their paths."""

    def __call__(self, message: str, *path: str | int) -> None:
        self.append(f"{'.'.join(map(str, path))}: {message}")


@pytest.fixture
def faults() -> Faults:
    return Faults()


def document(*found: dict[str, Any]) -> dict[str, Any]:
    return {"kind": KIND, "apiVersion": TOKEN_VERSION, "providers": list(found)}


@pytest.mark.parametrize(("kubernetes", "wrong"), [("1.33", 1), ("1.34", 0), ("?", 0)])
def test_tokens_for_plug_ins_depend_on_the_release(
    faults: Faults, kubernetes: str, wrong: int
) -> None:
    """The gate is on from 1.34; an unknown release is told elsewhere."""
    providers(document(PROVIDER | {"tokenAttributes": TOKENS}), kubernetes, faults)

    assert len(faults) == wrong
    assert all("feature gate is disabled" in fault for fault in faults)


def test_each_provider_is_told_its_own_errors(faults: Faults) -> None:
    """By its number, which upstream leaves out."""
    found = document(PROVIDER | {"matchImages": []}, PROVIDER)

    providers(found, "1.36", faults)

    assert [fault.partition(": ")[0] for fault in faults] == [
        "kubelet.imageCredentialProviderConfig.providers.0",
        "kubelet.imageCredentialProviderConfig.providers.1",
    ]
    assert "Duplicate value" in faults[1]


@pytest.mark.parametrize(
    ("found", "text"),
    [(document(), "at least 1 item"), ({"kind": "Other"}, 'no kind "Other"')],
)
def test_a_configuration_that_is_none_is_told(
    faults: Faults, found: dict[str, Any], text: str
) -> None:
    """The kubelet would not start."""
    assert providers(found, "1.36", faults) == ()
    assert text in faults[0]
    assert providers(None, "1.36", Faults()) == ()


def test_every_configured_plug_in_must_be_there(faults: Faults) -> None:
    """One that is not configured is never asked."""
    configured = providers(document(PROVIDER, {**PROVIDER, "name": ""}), "1.36", faults)

    plugins({"gcr": PluginPart()}, configured, faults)

    assert "plugin binary executable ecr did not exist" in faults[0]
    assert faults[1].startswith("credentialProviders.gcr: no provider 'gcr'")


def test_an_answer_is_taken_as_written(faults: Faults) -> None:
    """Field by field."""
    part = PluginPart.model_validate(
        {
            "auth": {"r.io": {"username": "u", "password": "p"}},
            "cacheKeyType": "Image",
            "cacheDuration": "1s",
            "error": "down",
            "serviceAccounts": ["a/b"],
        }
    )

    assert answers({"ecr": part, "gcr": PluginPart()}, ["ecr", "gcr"], faults) == {
        "ecr": PluginAnswer(
            auth=(Login(key="r.io", username="u", password="p"),),  # noqa: S106
            cache_key_type="Image",
            cache_us=1_000_000,
            error="down",
            service_accounts=("a/b",),
        ),
        "gcr": PluginAnswer(),
    }
    assert faults == []


def test_files_stand_where_the_kubelet_looks(faults: Faults) -> None:
    """Texts stay texts, maps become JSON, null removes."""
    where = folders(KubeletPart.model_validate({"rootDir": "/data", "home": "/root"}))
    written = {"/data/config.json": {"auths": {}}, "/root/.dockercfg": "text"}
    look: Callable[..., dict[str, str | None]] = docker_config_files

    files = look(written | {"/.dockercfg": None}, where, faults, config_json=False)

    assert where == KubeletFolders(root_dir="/data", home="/root")
    assert files == {
        "/data/config.json": '{"auths": {}}',
        "/root/.dockercfg": "text",
        "/.dockercfg": None,
    }
    assert (config_json_path(DEFAULT_FOLDERS), faults) == (
        "/var/lib/kubelet/config.json",
        [],
    )
