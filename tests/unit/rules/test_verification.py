"""Verification policies and their allow-list."""

import pytest

from sim.rules.verification import (
    Allowlist,
    Pattern,
    PatternError,
    Verification,
    parse_pattern,
)

HASH = "a" * 64
NOT_A_WILDCARD = (
    "not a valid wildcard pattern, only patterns ending with '/*' are allowed"
)
NEITHER = "neither tag nor digest is accepted in an image reference"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("", "the supplied pattern is too short: "),
        (" nginx", "leading/trailing spaces are not allowed:  nginx"),
        ("nginx\u2003", "leading/trailing spaces are not allowed: nginx\u2003"),
        ("\t*", "leading/trailing spaces are not allowed: \t*"),
        (
            "*",
            f"{NOT_A_WILDCARD}: *",
        ),
        (
            "a.io/*/*",
            f"{NOT_A_WILDCARD}: a.io/*/*",
        ),
        ("/*", "at least registry hostname is required"),
        ("a/B", "failed to parse as an image name: repository name must be lowercase"),
        ("\x1fa", "failed to parse as an image name: invalid reference format"),
        (
            "nginx:1",
            f"{NEITHER}: nginx:1",
        ),
        (
            f"nginx@sha256:{HASH}",
            f"{NEITHER}: nginx@sha256:{HASH}",
        ),
        (
            "localhost:5000",
            f"{NEITHER}: localhost:5000",
        ),
    ],
)
def test_bad_entries_are_refused_in_the_kubelets_words(entry: str, text: str) -> None:
    """Each fault of an entry has its own text; the first one found is told."""
    with pytest.raises(PatternError) as caught:
        parse_pattern(entry)

    assert str(caught.value) == text


def test_entries_are_exact_or_prefixes() -> None:
    """A repository stays as written; of a wildcard everything but the star is left."""
    assert parse_pattern("nginx") == Pattern(text="nginx", wildcard=False)
    assert parse_pattern("a b/*") == Pattern(text="a b/", wildcard=True)


def test_an_allowlist_counts_different_entries() -> None:
    """What is listed twice counts once."""
    entries = ["nginx", "quay.io/*", "nginx", "quay.io/*", "redis"]

    allowlist = Allowlist.parse(entries)

    assert allowlist.exact == {"nginx", "redis"}
    assert allowlist.prefixes == ("quay.io/",)


@pytest.mark.parametrize(
    ("image", "fits"),
    [
        ("nginx", True),
        ("nginx:1", True),
        (f"nginx:1@sha256:{HASH}", True),
        ("library/nginx", False),
        ("docker.io/library/nginx", False),
        ("quay.io/Org/app", True),
        ("quay.io", False),
        ("quay.iox/app", False),
        ("Nginx", False),
        ("", False),
    ],
)
def test_images_fit_as_they_are_written(image: str, fits: bool) -> None:
    """Nothing is added to a name, and a prefix fits even what is no reference."""
    allowlist = Allowlist.parse(["nginx", "quay.io/*"])

    assert allowlist.fits(image) is fits


@pytest.mark.parametrize(
    ("policy", "known", "unknown", "listed"),
    [
        ("NeverVerify", False, False, False),
        ("NeverVerifyPreloadedImages", True, False, True),
        ("NeverVerifyAllowlistedImages", True, True, False),
        ("AlwaysVerify", True, True, True),
    ],
)
def test_each_policy_demands_in_its_own_way(
    policy: str, known: bool, unknown: bool, listed: bool
) -> None:
    """Known: pulled by the kubelet; listed: pulled, and on the allow-list."""
    verification = Verification(policy, ["nginx"])

    assert verification.demanded("redis", pulled_by_kubelet=True) is known
    assert verification.demanded("redis", pulled_by_kubelet=False) is unknown
    assert verification.demanded("nginx", pulled_by_kubelet=True) is listed


def test_before_v1_36_exact_entries_are_compared_with_all_the_text() -> None:
    """An entry has no tag, so it fitted only images written without one."""
    old = Verification("NeverVerifyAllowlistedImages", ["nginx", "r.io/*"], trim=False)

    demanded = {
        image: old.demanded(image, pulled_by_kubelet=True)
        for image in ("nginx", "nginx:1", "r.io/a:1")
    }

    assert demanded == {"nginx": False, "nginx:1": True, "r.io/a:1": False}


def test_only_the_allowlist_policy_reads_the_list() -> None:
    """A bad entry stops a kubelet only if the policy uses the list."""
    Verification("NeverVerifyPreloadedImages", ["*"])

    with pytest.raises(PatternError, match="not a valid wildcard pattern"):
        Verification("NeverVerifyAllowlistedImages", ["nginx", "*", ""])


def test_an_unknown_policy_is_refused() -> None:
    """The text ends with the policy as it is written."""
    with pytest.raises(PatternError) as caught:
        Verification("Sometimes")

    text = "unknown image pull credential verification policy: Sometimes"
    assert str(caught.value) == text
