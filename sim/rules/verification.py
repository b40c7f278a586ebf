"""Which images that are already there need a check of the pod's credentials.

Source: pkg/kubelet/images/pullmanager/image_pull_policies.go (v1.36).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sim.rules.reference import ImageReferenceError, parse


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

    def fits(self, image: str) -> bool:
        """Whether an image, as the pod writes it, is covered."""
        if self.wildcard:
            return image.startswith(self.text)
        try:
            return parse(image).name == self.text
        except ImageReferenceError:
            return False


def parse_pattern(entry: str) -> Pattern:
    """Check one entry of the allow-list; raises ``PatternError``."""
    if not entry:
        raise PatternError(f"the supplied pattern is too short: {entry}")
    if entry.strip() != entry:
        raise PatternError(f"leading/trailing spaces are not allowed: {entry}")
    if "*" in entry:
        return _wildcard(entry)
    try:
        reference = parse(entry)
    except ImageReferenceError as error:
        raise PatternError(f"failed to parse as an image name: {error}") from error
    if reference.tag or reference.digest:
        raise PatternError(
            f"neither tag nor digest is accepted in an image reference: {entry}"
        )
    return Pattern(text=reference.name, wildcard=False)


def _wildcard(entry: str) -> Pattern:
    if entry.count("*") > 1 or not entry.endswith("/*"):
        raise PatternError(
            "not a valid wildcard pattern, only patterns ending with '/*' are "
            f"allowed: {entry}"
        )
    if entry == "/*":
        raise PatternError("at least registry hostname is required")
    return Pattern(text=entry[:-1], wildcard=True)


class Verification:
    """One kubelet's policy with its allow-list.

    Raises ``PatternError`` for an unknown policy, and for the first bad entry if the
    policy uses the list.
    """

    __slots__ = ("_patterns", "_policy")

    def __init__(self, policy: str, allowlist: Sequence[str] = ()) -> None:
        if policy not in tuple(VerificationPolicy):
            raise PatternError(
                f"unknown image pull credential verification policy: {policy}"
            )
        self._policy = VerificationPolicy(policy)
        listed = self._policy is VerificationPolicy.NEVER_ALLOWLISTED
        self._patterns = [parse_pattern(e) for e in allowlist] if listed else []

    def demanded(self, image: str, *, pulled_by_kubelet: bool) -> bool:
        """Whether a pod must have the right to this image that is on the node."""
        match self._policy:
            case VerificationPolicy.NEVER:
                return False
            case VerificationPolicy.NEVER_PRELOADED:
                return pulled_by_kubelet
            case VerificationPolicy.NEVER_ALLOWLISTED:
                return not any(pattern.fits(image) for pattern in self._patterns)
            case VerificationPolicy.ALWAYS:
                return True
