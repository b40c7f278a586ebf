"""Docker config files and pull secrets: what the kubelet makes of their text.

Source: pkg/credentialprovider/config.go (DockerConfigJSON, dockerConfigEntryWithAuth,
decodeDockerConfigFieldAuth).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sim.rules.go_text import compact_json

CONFIG_JSON_KEY = ".dockerconfigjson"
DOCKERCFG_KEY = ".dockercfg"
CONFIG_JSON_TYPE = "kubernetes.io/dockerconfigjson"
DOCKERCFG_TYPE = "kubernetes.io/dockercfg"

_BAD_AUTH = "unable to parse auth field, must be formatted as base64(username:password)"
_GO_NAMES = {dict: "object", list: "array", str: "string", bool: "bool"}
_LITERALS = ("null", "true", "false")


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
    _want_object(pairs, "Go value of type credentialprovider.DockerConfigJSON")
    auths = None
    for key, value in pairs:
        if key.lower() == "auths":
            auths = value
    if auths is None:
        return []
    place = "Go struct field DockerConfigJSON.auths of type "
    _want_object(auths, place + "credentialprovider.DockerConfig")
    return _entries(auths)


def parse_dockercfg(text: str) -> Config:
    """Return the entries of a ``.dockercfg``: the map itself, without ``auths``."""
    pairs = _json(text)
    if pairs is None:
        return []
    _want_object(pairs, "Go value of type credentialprovider.DockerConfig")
    return _entries(pairs)


def parse_entry(text: str) -> Entry:
    """Return one entry of ``auths``, given as JSON; raises ``DockerConfigError``."""
    return _entry(_json(text))


def parse_secret(kind: str, data: Mapping[str, str]) -> Config | None:
    """Return a secret's entries; None if its type or key is not a pull secret's."""
    if kind == CONFIG_JSON_TYPE and data.get(CONFIG_JSON_KEY):
        return parse_config_json(data[CONFIG_JSON_KEY])
    if kind == DOCKERCFG_TYPE and data.get(DOCKERCFG_KEY):
        return parse_dockercfg(data[DOCKERCFG_KEY])
    return None


def _entries(pairs: "_Object") -> Config:
    entries: dict[str, Entry] = {}
    for key, value in pairs:
        # Every entry is decoded, also one that a later equal key replaces.
        entries[key] = _entry(value)
    return list(entries.items())


def _entry(value: Any) -> Entry:
    if value is None:
        return Entry()
    _want_object(value, "Go value of type credentialprovider.dockerConfigEntryWithAuth")
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
        kind = _GO_NAMES.get(type(value), "number")
        raise DockerConfigError(
            f"json: cannot unmarshal {kind} into Go struct field "
            f"dockerConfigEntryWithAuth.{name} of type string"
        )
    return value


def decode_auth(auth: str) -> tuple[str, str]:
    """Return user name and password of an ``auth`` field.

    Padding must be exact if the text ends with ``=``, and absent otherwise; line
    breaks inside are ignored. Raises ``DockerConfigError``.
    """
    padded = auth.strip().endswith("=")
    decoded = _base64(auth, padded=padded).decode("utf-8", "replace")
    username, colon, password = decoded.partition(":")
    if not colon:
        raise DockerConfigError(_BAD_AUTH)
    return username, password


def _base64(text: str, *, padded: bool) -> bytes:
    alphabet = r"[A-Za-z0-9+/]"
    body = re.sub(r"[\r\n]", "", text)
    pattern = (
        rf"(?:{alphabet}{{4}})*(?:{alphabet}{{2}}==|{alphabet}{{3}}=)?"
        if padded
        else rf"{alphabet}*"
    )
    if not re.fullmatch(pattern, body) or (not padded and len(body) % 4 == 1):
        wrong = _first_wrong(text, padded=padded)
        raise DockerConfigError(f"illegal base64 data at input byte {wrong}")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error as error:  # pragma: no cover - the pattern excludes it
        raise DockerConfigError(str(error)) from error


def _first_wrong(text: str, *, padded: bool) -> int:
    """Place of the first bad byte, or the length if the text ends too early."""
    good = 0
    for place, character in enumerate(text):
        if character in "\r\n":
            continue
        if re.fullmatch(r"[A-Za-z0-9+/]", character):
            good += 1
        elif not (padded and character == "=" and good % 4 >= 2):
            return place
        else:
            rest = re.sub(r"[\r\n]", "", text[place:])
            needed = 4 - good % 4
            if len(rest) == needed and rest == "=" * needed:
                return len(text)
            return len(text) if len(rest) < needed else place + needed
    return len(text)


# --- JSON as Go reads it: objects keep repeated keys; errors have Go's texts ---

_Object = list[tuple[str, Any]]


class _Pairs(list[tuple[str, Any]]):
    """A JSON object: its members in order, repeated keys and all."""


def check_json_object(text: str) -> None:
    """Raise ``DockerConfigError`` unless a text is a JSON object (or null)."""
    value = _json(text)
    if value is not None:
        _want_object(value, "Go value of type map[string]interface {}")


def _json(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_Pairs, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise DockerConfigError(_go_json_error(text, error)) from error


def _refuse_constant(name: str) -> None:
    """Go's JSON has no NaN and no Infinity."""
    raise DockerConfigError(
        f"invalid character {name.lstrip('-')[0]!r} looking for beginning of value"
    )


def _go_json_error(text: str, error: json.JSONDecodeError) -> str:
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    found = text[error.pos]
    for literal in _LITERALS:
        if found == literal[0]:
            rest = text[error.pos :]
            for wanted, got in zip(literal, rest, strict=False):
                if wanted != got:
                    return (
                        f"invalid character {got!r} in literal {literal} "
                        f"(expecting {wanted!r})"
                    )
            return "unexpected end of JSON input"
    where = "looking for beginning of value"
    if "Extra data" in error.msg:
        where = "after top-level value"
    elif "delimiter" in error.msg and "','" in error.msg:
        where = "after object key:value pair"
    elif "property name" in error.msg:
        where = "looking for beginning of object key string"
    return f"invalid character {found!r} {where}"


def _want_object(value: Any, place: str) -> None:
    if not isinstance(value, _Pairs):
        kind = _GO_NAMES.get(type(value), "number")
        raise DockerConfigError(f"json: cannot unmarshal {kind} into {place}")


# --- what kubectl and docker login write ---


def entry_json(entry: Entry) -> str:
    """Return one entry as compact JSON."""
    return compact_json(entry.written)


def docker_config_json(server: str, entry: Entry) -> str:
    """Return a config of one registry: what ``docker login`` would store."""
    return compact_json({"auths": {server: entry.written}})
