"""``imagePullPolicy``: what the API server fills in when the field is empty."""

from enum import StrEnum
from functools import lru_cache

from sim.rules.image_name import ImageNameError, parse_image_name
from sim.rules.reference import DEFAULT_TAG


class PullPolicy(StrEnum):
    """The three values that the API knows."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


@lru_cache(maxsize=4096)
def default_pull_policy(image: str) -> PullPolicy:
    """Return the policy of a container (or image volume) that names none.

    Only the tag counts: ``:latest@sha256:…`` defaults to Always although the
    documentation says that a digest gives IfNotPresent, and a name that does not
    parse gives IfNotPresent.

    Source: pkg/apis/core/v1/defaults.go, SetDefaults_Container.
    """
    try:
        tag = parse_image_name(image).tag
    except ImageNameError:
        tag = ""
    return PullPolicy.ALWAYS if tag == DEFAULT_TAG else PullPolicy.IF_NOT_PRESENT
