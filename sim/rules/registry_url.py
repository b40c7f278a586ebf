"""Registry keys and images as URLs without a scheme: parsed, prepared, matched.

Source: pkg/credentialprovider/keyring.go (Add, ParseSchemelessURL, URLsMatch), Go's
net/url (Parse, parseHost, unescape) and path/filepath (Match).
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sim.rules.go_text import quote

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_USER = re.compile(r"[-A-Za-z0-9._:~!$&'()*+,;=%@]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_HOST = " /@\\^`{|}"
BAD_PATTERN = "syntax error in pattern"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryURL:
    """A key or image as the matcher sees it.

    ``authority`` is host and port as text; ``host`` and ``port`` are its parts, the
    port empty where there is none.
    """

    authority: str
    host: str
    port: str
    path: str


class RegistryURLError(ValueError):
    """A text is no URL once ``https://`` stands in front; the text is Go's."""


def parse_url(text: str) -> RegistryURL:
    """Parse what stands after ``https://``; raises ``RegistryURLError``."""
    url = f"https://{text}"
    rest = text.partition("#")[0]
    if _CONTROL.search(rest):
        raise _error(url, "net/url: invalid control character in URL")
    rest = rest.partition("?")[0]
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    if not _USER.fullmatch(user):
        raise _error(url, "net/url: invalid userinfo")
    _check_port(host, url)
    host = _unescaped(host, _NOT_IN_HOST, url)
    name, port = _split_port(host)
    return RegistryURL(
        authority=host, host=name, port=port, path=_unescaped(slash + path, "", url)
    )


def _error(url: str, text: str) -> RegistryURLError:
    return RegistryURLError(f"parse {quote(url)}: {text}")


def _check_port(host: str, url: str) -> None:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise _error(url, "missing ']' in host")
        rest = host[end + 1 :]
    else:
        _, colon, digits = host.rpartition(":")
        rest = colon + digits if colon else ""
    if rest and not re.fullmatch(r":[0-9]*", rest):
        raise _error(url, f"invalid port {quote(rest)} after host")


def _unescaped(text: str, forbidden: str, url: str) -> str:
    """Decode ``%`` escapes; in a host they are for what is not ASCII, and for %25."""
    place = 0
    while place < len(text):
        if text[place] == "%":
            escape = text[place : place + 3]
            ascii_host = forbidden and escape[1:2] < "8" and escape != "%25"
            if ascii_host or not _ESCAPE.fullmatch(escape):
                raise _error(url, f"invalid URL escape {quote(escape)}")
            place += 2
        elif text[place] in forbidden:
            raise _error(url, f"invalid character {quote(text[place])} in host name")
        place += 1
    return unquote(text)


def _split_port(authority: str) -> tuple[str, str]:
    """Split as Go does: what has no port, or too many colons, is a host as it is."""
    bracket = authority.rfind("]")
    colon = authority.rfind(":")
    if colon <= bracket or (bracket < 0 and authority.count(":") > 1):
        return authority, ""
    return authority[:colon], authority[colon + 1 :]


def prepare_key(key: str) -> str | None:
    """Bring a docker config key to the form that is matched; None = left out."""
    try:
        url = parse_url(re.sub(r"^https?://", "", key))
    except RegistryURLError:
        return None
    path = url.path
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    return url.authority if path in ("", "/") else url.authority + path


def url_match(glob: str, target: str) -> bool:
    """Whether a key fits an image: ports equal, host parts by pattern, path prefix.

    Raises ``RegistryURLError``. Source: keyring.go, URLsMatch.
    """
    pattern, image = parse_url(glob), parse_url(target)
    parts, image_parts = pattern.host.split("."), image.host.split(".")
    if pattern.port != image.port or len(parts) != len(image_parts):
        return False
    if not image.path.startswith(pattern.path):
        return False
    return all(
        re.fullmatch(_expression(part), image_part, re.DOTALL) is not None
        for part, image_part in zip(parts, image_parts, strict=True)
    )


def fits(glob: str, target: str) -> bool:
    """Whether a key fits an image; what is no URL or no pattern fits nothing."""
    try:
        return url_match(glob, target)
    except RegistryURLError:
        return False


def _expression(pattern: str) -> str:
    """Return a shell pattern as a regular expression; raises ``RegistryURLError``.

    Source: path/filepath, Match. A host holds neither slash nor backslash, and a
    question mark has ended it.
    """
    found, place = "", 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "[":
            group, place = _group(pattern, place)
            found += group
        else:
            found += ".*" if character == "*" else re.escape(character)
    return found


def _group(pattern: str, place: int) -> tuple[str, int]:
    """Translate what follows a ``[``; return it and the place after the ``]``."""
    ranges: list[str] = []
    while not ranges or pattern[place : place + 1] != "]":
        low, high = pattern[place : place + 1], ""
        if low in ("", "-", "]"):
            raise RegistryURLError(BAD_PATTERN)
        place += 1
        if pattern[place : place + 1] == "-":
            high = pattern[place + 1 : place + 2]
            if high in ("", "-", "]"):
                raise RegistryURLError(BAD_PATTERN)
            place += 2
        # A range from high to low matches nothing, and is no error.
        if (high or low) >= low:
            ranges.append(f"{re.escape(low)}-{re.escape(high or low)}")
        else:
            ranges.append("")
    inside = "".join(ranges)
    return (f"[{inside}]" if inside else "(?!)"), place + 1
