"""Registry keys: as URLs, prepared, and matched with images."""

import pytest

from sim.rules.registry_url import (
    RegistryURL,
    RegistryURLError,
    fits,
    parse_url,
    prepare_key,
    url_match,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("r.io:5000/a?b=/c#d", ("r.io:5000", "r.io", "5000", "/a")),
        ("r.io?b=/c", ("r.io", "r.io", "", "")),
        ("user:p@r.io", ("r.io", "r.io", "", "")),
        ("r.io:", ("r.io:", "r.io", "", "")),
        ("[::1]:5000", ("[::1]:5000", "[::1]", "5000", "")),
        ("[::1]", ("[::1]", "[::1]", "", "")),
        ("a:b:80", ("a:b:80", "a:b:80", "", "")),
        ("r.io/a%20b", ("r.io", "r.io", "", "/a b")),
        ("%e4%b8%ad.io", ("中.io", "中.io", "", "")),
    ],
)
def test_a_key_is_read_as_a_url(text: str, url: tuple[str, str, str, str]) -> None:
    """User, query and fragment are forgotten; escapes are decoded."""
    authority, host, port, path = url

    assert parse_url(text) == RegistryURL(
        authority=authority, host=host, port=port, path=path
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("localhost:*", 'invalid port ":*" after host'),
        ("[qr]uay.io", 'invalid port "uay.io" after host'),
        ("[", "missing ']' in host"),
        ("a b", 'invalid character " " in host name'),
        ("%invalid%", 'invalid URL escape "%in"'),
        ("r.io%41", 'invalid URL escape "%41"'),
        ("r.io/%4", 'invalid URL escape "%4"'),
        ("a\x7f", "net/url: invalid control character in URL"),
        ("us er@r.io", "net/url: invalid userinfo"),
    ],
)
def test_what_is_no_url_is_told_in_the_words_of_go(text: str, error: str) -> None:
    """The whole URL stands in front."""
    with pytest.raises(RegistryURLError) as caught:
        parse_url(text)

    assert str(caught.value).endswith(f": {error}")
    assert prepare_key(text) is None
    assert not fits(text, "r.io/a")
    assert not fits("r.io", text)


@pytest.mark.parametrize(
    ("key", "prepared"),
    [
        ("https://index.docker.io/v1/", "index.docker.io"),
        ("http://r.io/v2/team", "r.io/team"),
        ("https://index.docker.io/v1", "index.docker.io/v1"),
        ("r.io/", "r.io"),
        ("r.io:5000/team", "r.io:5000/team"),
        ("ftp://quay.io", "ftp://quay.io"),
    ],
)
def test_a_key_is_prepared_once(key: str, prepared: str) -> None:
    """Scheme and version go; another scheme is taken for a host."""
    assert prepare_key(key) == prepared


@pytest.mark.parametrize(
    ("glob", "target", "match"),
    [
        ("*.r.io", "a.r.io/x", True),
        ("*.r.io", "a.b.r.io/x", False),
        ("r.io/team", "r.io/teamwork", True),
        ("r.io:5000", "r.io/x", False),
        ("r?.io", "r1.io", False),
        ("r?.io", "r", True),
        ("r[0-9a].io", "r7.io", True),
        ("r[0-9a].io", "ra.io", True),
        ("r[!a].io", "rb.io", False),
        ("r[!a].io", "r!.io", True),
        ("r[9-0].io", "r5.io", False),
        ("r[9-0a].io", "ra.io", True),
        ("r.io", "s.io", False),
    ],
)
def test_hosts_match_by_pattern_and_paths_by_prefix(
    glob: str, target: str, match: bool
) -> None:
    """A star stays within its part; ports are equal texts."""
    assert url_match(glob, target) is match


@pytest.mark.parametrize("glob", ["r[", "r[]", "r[-a]", "r[a-]", "r[a--]", "r[a"])
def test_a_broken_pattern_matches_nothing(glob: str) -> None:
    """It is an error of its own."""
    with pytest.raises(RegistryURLError, match="syntax error in pattern"):
        url_match(glob, "ra")
    assert not fits(glob, "ra")
