"""Where passwords and tokens stand in what people write, so that no message shows them.

A line that may hold one is not shown below a mistake, and a message never quotes one.
Which lines these are, the keys around them say; a text that is no YAML has no keys, so
none of its lines is shown if it speaks of logins anywhere.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import yaml

HIDDEN = "***"
_KEYS = frozenset(
    (
        *("password", "passwd", "token", "identitytoken", "registrytoken"),
        *("auth", "auths", "accounts", "dockerconfig", "dockerconfigfiles"),
        *("data", "stringdata", "dockerconfigjson", "dockercfg", "env"),
        "last-applied-configuration",
    )
)
_OPEN_KEYS = ("username", "email", "name")
_OPTION = re.compile(r"password[= ]*['\"]?([^\s'\"]+)|--creds[= ]*(\S+)")
_LOGIN_OPTION = re.compile(r"-p[= ]*['\"]?([^\s'\"]+)")
# Of kubectl, -p is a patch.
_COMMANDS = re.compile(r"password|--creds|^(?!\s*kubectl\b).*\s-p")
_SPEAKS_OF_LOGINS = re.compile(
    r"passw|token|auth|accounts|dockerc|data\b|--creds|docker\s+login|\benv\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def may_hold_one(key: str) -> bool:
    """Whether what stands below a key, or a path of keys, may hold a secret."""
    parts = re.split(r"[./]", key.lower())
    return any(part in _KEYS or "password" in part for part in parts)


def speaks_of_logins(text: str) -> bool:
    """Whether a text that cannot be read as YAML may hold a secret anywhere."""
    return _SPEAKS_OF_LOGINS.search(text) is not None


def hidden_lines(nodes: list[yaml.Node]) -> set[int]:
    """Return the lines, from 0, on which a secret may stand."""
    lines: set[int] = set()
    for node in _secret_scalars(nodes):
        last = node.end_mark.line
        if last > node.start_mark.line and node.end_mark.column == 0:
            last -= 1  # a block of text ends where the next line begins
        lines.update(range(node.start_mark.line, last + 1))
    return lines


def _secret_scalars(nodes: list[yaml.Node]) -> Iterator[yaml.ScalarNode]:
    """Yield every scalar that may be a secret, keys around it too; aliases once."""
    open_nodes = [(node, False) for node in nodes if node is not None]
    seen: set[tuple[int, bool]] = set()
    while open_nodes:
        node, secret = open_nodes.pop()
        if (id(node), secret) in seen:
            continue
        seen.add((id(node), secret))
        if isinstance(node, yaml.ScalarNode):
            if secret or _COMMANDS.search(node.value):
                yield node
        elif isinstance(node, yaml.SequenceNode):
            open_nodes += [(item, secret) for item in node.value]
        else:
            for key, value in node.value:
                named = isinstance(key, yaml.ScalarNode) and may_hold_one(key.value)
                open_nodes += [(key, secret), (value, secret or named)]


def without(text: str, values: set[str]) -> str:
    """Return a message with every one of these values blotted out."""
    for value in sorted(values, key=len, reverse=True):
        alone = rf"(?:(?<![\w-])|(?<=\s-p)){re.escape(value)}(?!\w)"
        text = re.sub(alone, HIDDEN, text)
    return text


def in_command(line: str) -> set[str]:
    """Return the passwords that a command line gives as options."""
    found: set[str] = set()
    for password, login in _OPTION.findall(line):
        found |= {password, login.partition(":")[2].strip("'\"")}
    if not line.lstrip().startswith("kubectl"):
        found.update(_LOGIN_OPTION.findall(line))
    return found - {""}


def values(key: str, text: str, *, secret: bool) -> set[str]:
    """Return what of one scalar must not be told; ``secret`` = a key around it is."""
    if secret and key not in _OPEN_KEYS:
        return {text} - {""}
    return in_command(text) if _COMMANDS.search(text) else set()
