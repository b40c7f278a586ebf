"""Which images that are already there need a check of the pod's credentials.

Source: pkg/kubelet/images/pullmanager/image_pull_policies.go (v1.36).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sim.rules.image_name import trim_to_repository
from sim.rules.reference import ImageReferenceError

# What Go trims; Python's own strip() takes some control characters too.
_WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


class VerificationPolicy(StrEnum):
    """KubeletConfiguration's ``imagePullCredentialsVerificationPolicy``."""

    NEVER = "NeverVerify"
    NEVER_PRELOADED = "NeverVerifyPreloadedImages"
    NEVER_ALLOWLISTED = "NeverVerifyAllowlistedImages"
    ALWAYS = "AlwaysVerify"


class PatternError(ValueError):
    """An entry of the allow-list, or the policy, is not valid; upstream's text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One entry: an exact repository as written, or a prefix ending in ``/``."""

    text: str
    wildcard: bool


def parse_pattern(entry: str) -> Pattern:
    """Check one entry of the allow-list; raises ``PatternError``.

    Source: image_pull_policies.go, ``getAllowlistImagePattern``.
    """
    if not entry:
        raise PatternError("the supplied pattern is too short: ")
    if entry.strip(_WHITE_SPACE) != entry:
        raise PatternError(f"leading/trailing spaces are not allowed: {entry}")
    if "*" in entry:
        return _wildcard(entry)
    try:
        name = trim_to_repository(entry)
    except ImageReferenceError as error:
        raise PatternError(f"failed to parse as an image name: {error}") from error
    if name != entry:
        raise PatternError(
            f"neither tag nor digest is accepted in an image reference: {entry}"
        )
    return Pattern(text=name, wildcard=False)


def _wildcard(entry: str) -> Pattern:
    if entry.count("*") > 1 or not entry.endswith("/*"):
        raise PatternError(
            "not a valid wildcard pattern, only patterns ending with '/*' are "
            f"allowed: {entry}"
        )
    if entry == "/*":
        raise PatternError("at least registry hostname is required")
    return Pattern(text=entry[:-1], wildcard=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowlist:
    """Images that need no check: exact repositories, and prefixes."""

    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "Allowlist":
        """Return the list; raises ``PatternError`` for the first bad entry."""
        patterns = [parse_pattern(entry) for entry in entries]
        prefixes = dict.fromkeys(p.text for p in patterns if p.wildcard)
        return cls(
            exact=frozenset(p.text for p in patterns if not p.wildcard),
            prefixes=tuple(prefixes),
        )

    def fits(self, image: str, *, trim: bool = True) -> bool:
        """Tell whether an image, as the pod writes it, is covered.

        A prefix is compared with the text as it is, so it fits what is no reference;
        so is an exact entry unless ``trim`` (v1.36), which cuts tag and digest off.
        """
        if image.startswith(self.prefixes):
            return True
        if not trim:
            return image in self.exact
        try:
            return trim_to_repository(image) in self.exact
        except ImageReferenceError:
            return False


class Verification:
    """One kubelet's policy with its allow-list.

    Raises ``PatternError`` for an unknown policy, and for the first bad entry if the
    policy uses the list. ``trim`` is explained in ``Allowlist.fits``.

    Source: image_pull_policies.go, ``NewImagePullCredentialVerificationPolicy``.
    """

    __slots__ = ("_allowlist", "_policy", "_trim")

    def __init__(
        self, policy: str, allowlist: Sequence[str] = (), *, trim: bool = True
    ) -> None:
        if policy not in tuple(VerificationPolicy):
            raise PatternError(
                f"unknown image pull credential verification policy: {policy}"
            )
        self._policy = VerificationPolicy(policy)
        listed = self._policy is VerificationPolicy.NEVER_ALLOWLISTED
        self._allowlist = Allowlist.parse(allowlist if listed else ())
        self._trim = trim

    def demanded(self, image: str, *, pulled_by_kubelet: bool) -> bool:
        """Tell whether a pod must have the right to an image that is on the node.

        Source: ``RequireCredentialVerificationForImage`` of each policy.
        """
        match self._policy:
            case VerificationPolicy.NEVER:
                return False
            case VerificationPolicy.NEVER_PRELOADED:
                return pulled_by_kubelet
            case VerificationPolicy.NEVER_ALLOWLISTED:
                return not self._allowlist.fits(image, trim=self._trim)
            case _:
                return True
