"""``kubectl create secret docker-registry``: its flags, and the Secret it makes.

Source: staging/src/k8s.io/kubectl pkg/cmd/create/create_secret_docker.go and
pkg/util/hash/hash.go.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sim.rules.docker_config import (
    CONFIG_JSON_KEY,
    CONFIG_JSON_TYPE,
    Entry,
    docker_config_json,
)
from sim.rules.go_text import compact_json

DEFAULT_SERVER = "https://index.docker.io/v1/"
NEEDS = (
    "either --from-file or the combination of --docker-username, --docker-password "
    "and --docker-server is required"
)
_HASH_DIGITS = 10
# Digits that look like others, or could make a word, are replaced.
_SAFE = str.maketrans("013ae", "ghkmt")
_FLAGS = {
    "--docker-username": "username",
    "--docker-password": "password",
    "--docker-email": "email",
    "--docker-server": "server",
    "--from-file": "from_file",
    "--namespace": "namespace",
    "-n": "namespace",
}
_USAGE = "See 'kubectl create secret docker-registry --help' for usage."


class CreateSecretError(ValueError):
    """kubectl refuses the command; the text follows its ``error: ``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrySecret:
    """A Secret to be: ``data`` maps keys to texts before base64."""

    name: str
    data: dict[str, str]
    type: str = CONFIG_JSON_TYPE

    @property
    def hash(self) -> str:
        """The hash of its content that ``--append-hash`` adds to the name.

        Source: SecretHash and encodeHash.
        """
        encoded = {
            key: base64.b64encode(self.data[key].encode()).decode()
            for key in sorted(self.data)
        }
        members = {
            "data": encoded,
            "kind": "Secret",
            "name": self.name,
            "type": self.type,
        }
        digits = sha256(compact_json(members).encode()).hexdigest()
        return digits[:_HASH_DIGITS].translate(_SAFE)


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretFile:
    """A file of ``--from-file``; ``key`` None = only its path was given."""

    content: str
    key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateRegistrySecret:
    """The command's flags; empty = absent, but for ``server``, which has a default."""

    name: str
    username: str = ""
    password: str = ""
    email: str = ""
    server: str = DEFAULT_SERVER
    from_file: SecretFile | None = None
    append_hash: bool = False
    namespace: str = "default"


def create_registry_secret(command: CreateRegistrySecret) -> RegistrySecret:
    """Return the Secret; raises ``CreateSecretError``."""
    if not command.name:
        raise CreateSecretError("name must be specified")
    made = RegistrySecret(name=command.name, data=_data(command))
    if command.append_hash:
        return replace(made, name=f"{made.name}-{made.hash}")
    return made


def _data(command: CreateRegistrySecret) -> dict[str, str]:
    if command.from_file is not None:
        # The file wins over the other flags, and is not looked into.
        key = command.from_file.key or CONFIG_JSON_KEY
        return {key: command.from_file.content}
    if not (command.username and command.password and command.server):
        raise CreateSecretError(NEEDS)
    entry = Entry(
        username=command.username, password=command.password, email=command.email
    )
    return {CONFIG_JSON_KEY: docker_config_json(command.server, entry)}


def parse_create_secret(
    words: Sequence[str], read: Callable[[str], str]
) -> CreateRegistrySecret:
    """Return the command that stands after ``kubectl create secret docker-registry``.

    ``read`` returns a file's text. Raises ``CreateSecretError``; what ``read`` raises
    passes through.
    """
    names: list[str] = []
    values: dict[str, str] = {}
    rest = list(words)
    append_hash = False
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            names.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag == "--append-hash":
            append_hash = _boolean(flag, value) if equals else True
            continue
        if flag not in _FLAGS:
            raise CreateSecretError(f"{_unknown(flag)}\n{_USAGE}")
        if not equals and not rest:
            raise CreateSecretError(f"flag needs an argument: {flag}\n{_USAGE}")
        values[_FLAGS[flag]] = value if equals else rest.pop(0)
    if len(names) != 1:
        raise CreateSecretError(
            f"exactly one NAME is required, got {len(names)}\n{_USAGE}"
        )
    return _command(names[0], values, read, append_hash=append_hash)


def _unknown(flag: str) -> str:
    if flag.startswith("--"):
        return f"unknown flag: {flag}"
    return f"unknown shorthand flag: {flag[1:2]!r} in {flag}"


def _boolean(flag: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise CreateSecretError(
            f'invalid argument "{value}" for "{flag}" flag: strconv.ParseBool: '
            f'parsing "{value}": invalid syntax\n{_USAGE}'
        )
    return value == "true"


def _command(
    name: str,
    values: Mapping[str, str],
    read: Callable[[str], str],
    *,
    append_hash: bool,
) -> CreateRegistrySecret:
    plain = {key: value for key, value in values.items() if key != "from_file"}
    source = values.get("from_file")
    file = None
    if source is not None:
        key, equals, path = source.partition("=")
        file = SecretFile(
            content=read(path if equals else key), key=key if equals else None
        )
    return CreateRegistrySecret(
        name=name, from_file=file, append_hash=append_hash, **plain
    )
