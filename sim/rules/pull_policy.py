"""``imagePullPolicy``: where a pod has it, and what it is when left empty."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from sim.rules.image_name import ImageNameError, parse_image_name
from sim.rules.reference import DEFAULT_TAG


class PullPolicy(StrEnum):
    """The three values that the API knows."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class Place(StrEnum):
    """The lists of a pod that name images, in the order in which upstream visits."""

    INIT = "spec.initContainers[{}].imagePullPolicy"
    REGULAR = "spec.containers[{}].imagePullPolicy"
    EPHEMERAL = "spec.ephemeralContainers[{}].imagePullPolicy"
    IMAGE_VOLUME = "spec.volumes[{}].image.pullPolicy"


@dataclass(frozen=True, kw_only=True, slots=True)
class PullField:
    """An image of a pod with its policy; "" = left out. ``index`` is its list's."""

    place: Place
    index: int
    image: str
    policy: str

    @property
    def path(self) -> str:
        """The policy's path, as error texts spell it."""
        return self.place.format(self.index)


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


def defaulted(fields: Iterable[PullField]) -> tuple[PullField, ...]:
    """Fill in the policies that were left out; what is written stays.

    Every decoded object that holds a pod spec gets this: pods, and the templates of
    workloads.

    Source: pkg/apis/core/v1/defaults.go.
    """
    return tuple(
        field
        if field.policy
        else replace(field, policy=default_pull_policy(field.image).value)
        for field in fields
    )
