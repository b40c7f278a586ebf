"""Docker config files and pull secrets: what the kubelet makes of their text.

Source: pkg/credentialprovider/config.go (DockerConfigJSON, dockerConfigEntryWithAuth,
decodeDockerConfigFieldAuth).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sim.rules.go_base64 import GoBase64Error, decode_base64
from sim.rules.go_json import GoJSONError, JSONObject, go_kind, parse_json, want_object
from sim.rules.go_text import compact_json

CONFIG_JSON_KEY = ".dockerconfigjson"
DOCKERCFG_KEY = ".dockercfg"
CONFIG_JSON_TYPE = "kubernetes.io/dockerconfigjson"
DOCKERCFG_TYPE = "kubernetes.io/dockercfg"

_BAD_AUTH = "unable to parse auth field, must be formatted as base64(username:password)"


class DockerConfigError(ValueError):
    """A config cannot be decoded; the text is the one that Go's code gives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One registry's user name and password; empty strings count as given."""

    username: str = ""
    password: str = ""
    email: str = ""

    @property
    def hash(self) -> str:
        """The credential's hash in pull records: SHA-256 of its compact JSON.

        Source: pkg/credentialprovider, AuthConfig hash (json.Marshal escapes &, < and
        > in strings; empty members are left out).
        """
        members = {
            name: value
            for name in ("username", "password", "email")
            if (value := getattr(self, name))
        }
        return sha256(compact_json(members).encode()).hexdigest()

    @property
    def written(self) -> dict[str, str]:
        """The entry as a config file holds it: empty members are left out.

        Source: dockerConfigEntryWithAuth, MarshalJSON; the API's own type agrees.
        """
        pair = f"{self.username}:{self.password}".encode()
        members = {
            "username": self.username,
            "password": self.password,
            "email": self.email,
            "auth": base64.b64encode(pair).decode(),
        }
        return {name: value for name, value in members.items() if value}


Config = list[tuple[str, Entry]]


def parse_config_json(text: str) -> Config:
    """Return the entries of a ``config.json``, in order; no ``auths`` is no entry.

    Raises ``DockerConfigError``.
    """
    pairs = _json(text)
    if pairs is None:
        return []
    pairs = _object(pairs, "Go value of type credentialprovider.DockerConfigJSON")
    auths = None
    for key, value in pairs:
        if key.lower() == "auths":
            auths = value
    if auths is None:
        return []
    place = "Go struct field DockerConfigJSON.auths of type "
    _object(auths, place + "credentialprovider.DockerConfig")
    return _entries(auths)


def parse_dockercfg(text: str) -> Config:
    """Return the entries of a ``.dockercfg``: the map itself, without ``auths``."""
    pairs = _json(text)
    if pairs is None:
        return []
    _object(pairs, "Go value of type credentialprovider.DockerConfig")
    return _entries(pairs)


def parse_entry(text: str) -> Entry:
    """Return one entry of ``auths``, given as JSON; raises ``DockerConfigError``."""
    return _entry(_json(text))


def check_json_object(text: str) -> None:
    """Raise ``DockerConfigError`` unless a text is a JSON object (or null)."""
    value = _json(text)
    if value is not None:
        _object(value, "Go value of type map[string]interface {}")


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except GoJSONError as error:
        raise DockerConfigError(str(error)) from error


def _object(value: Any, place: str) -> JSONObject:
    try:
        return want_object(value, place)
    except GoJSONError as error:
        raise DockerConfigError(str(error)) from error


def parse_secret(kind: str, data: Mapping[str, str]) -> Config | None:
    """Return a secret's entries; None if its type or key is not a pull secret's."""
    if kind == CONFIG_JSON_TYPE and data.get(CONFIG_JSON_KEY):
        return parse_config_json(data[CONFIG_JSON_KEY])
    if kind == DOCKERCFG_TYPE and data.get(DOCKERCFG_KEY):
        return parse_dockercfg(data[DOCKERCFG_KEY])
    return None


def _entries(pairs: JSONObject) -> Config:
    entries: dict[str, Entry] = {}
    for key, value in pairs:
        # Every entry is decoded, also one that a later equal key replaces.
        entries[key] = _entry(value)
    return list(entries.items())


def _entry(value: Any) -> Entry:
    if value is None:
        return Entry()
    _object(value, "Go value of type credentialprovider.dockerConfigEntryWithAuth")
    fields = {key.lower(): field for key, field in value}
    username, password = _text(fields, "username"), _text(fields, "password")
    auth = _text(fields, "auth")
    if auth:
        username, password = decode_auth(auth)
    return Entry(username=username, password=password, email=_text(fields, "email"))


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DockerConfigError(
            f"json: cannot unmarshal {go_kind(value)} into Go struct field "
            f"dockerConfigEntryWithAuth.{name} of type string"
        )
    return value


def decode_auth(auth: str) -> tuple[str, str]:
    """Return user name and password of an ``auth`` field.

    Padding must be exact if the text ends with ``=``, and absent otherwise; line
    breaks inside are ignored. Raises ``DockerConfigError``.
    """
    padded = auth.strip().endswith("=")
    try:
        decoded = decode_base64(auth, padded=padded)
    except GoBase64Error as error:
        raise DockerConfigError(str(error)) from error
    username, colon, password = decoded.decode("utf-8", "replace").partition(":")
    if not colon:
        raise DockerConfigError(_BAD_AUTH)
    return username, password


# --- what kubectl and docker login write ---


def entry_json(entry: Entry) -> str:
    """Return one entry as compact JSON."""
    return compact_json(entry.written)


def docker_config_json(server: str, entry: Entry) -> str:
    """Return a config of one registry: what ``docker login`` would store."""
    return compact_json({"auths": {server: entry.written}})
