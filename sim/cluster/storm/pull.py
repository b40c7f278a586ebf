"""A pull that can only fail as long as nobody acts: what it comes to.

A registry that is up, asks for nothing, limits nothing and has no such tag answers
after a fixed time, always the same. Where anything else has a say (another host, a
cache, credentials, faults), the pull has to be simulated.

Source: as in ``image_manager``, ``resolver`` and ``registry``, whose steps these are.
"""

from dataclasses import dataclass

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import NodeCredentials
from sim.cluster.kubelet.image_manager import QPS_EXCEEDED
from sim.cluster.objects import Pod
from sim.cluster.registry.registries import Registries
from sim.cluster.runtime.container_runtime import ContainerRuntime
from sim.cluster.runtime.pull_request import (
    Host,
    PullImageRequest,
    PullRequest,
    hosts_of,
    target_of,
)
from sim.cluster.runtime.registry_client import RegistryClient
from sim.cluster.runtime.resolver import Resolver
from sim.record.rows import NONE
from sim.rules import event_messages, runtime_errors
from sim.rules.image_name import ImageNameError, apply_default_tag
from sim.rules.pull_policy import PullPolicy
from sim.rules.reasons import WaitingReason
from sim.rules.reference import ImageReferenceError, Reference, docker_reference
from sim.rules.runtime_profile import PROFILES
from sim.scenario.model import Container, NodeGroup
from sim.units import MILLISECOND

Status = tuple[str, str]
"""Reason and message of a container that waits."""

# Outcomes of an attempt, and (one more than the double) of a look after it.
MISSING, REFUSED = 0, 1
# A pull that takes longer is simulated: many would keep a node's queue for long.
LONGEST_US = 150 * MILLISECOND
LOOKED = 2


@dataclass(kw_only=True, slots=True, eq=False)
class HopelessPull:
    """A pull of one image on one node that can only fail.

    ``took_us`` from the runtime's call to its error, ``source`` the row that deleted
    the tag, -1 if it never was there. ``errors`` are the runtime's and the limit's
    (``MISSING``, ``REFUSED``), ``statuses`` what the API shows after each of these
    and, from ``LOOKED`` on, after a look. ``syncs`` counts what has been made of it.
    """

    policy: PullPolicy
    host: str
    took_us: int
    source: int
    errors: tuple[str, str]
    statuses: tuple[Status, ...]
    syncs: int = 0


class Foresight:
    """Tells which pulls of one node are hopeless."""

    __slots__ = (
        "_credentials",
        "_env",
        "_group",
        "_last_error",
        "_registries",
        "_runtime",
    )

    def __init__(
        self,
        env: Clock,
        group: NodeGroup,
        *,
        registries: Registries,
        runtime: ContainerRuntime,
        credentials: NodeCredentials,
        last_error_in_back_off: bool,
    ) -> None:
        self._env = env
        self._group = group
        self._registries = registries
        self._runtime = runtime
        self._credentials = credentials
        self._last_error = last_error_in_back_off

    def foresee(self, pod: Pod, container: Container) -> HopelessPull | None:
        """Return what every pull for a container comes to; None = who knows.

        The pod has no pull secrets.
        """
        policy = PullPolicy(container.image_pull_policy)
        reference = _tagged(container.image)
        if reference is None or policy is PullPolicy.NEVER:
            return None
        host = self._only_host(reference)
        if host is None or not self._is_anonymous(pod, container):
            return None
        if policy is not PullPolicy.ALWAYS and self._runtime.image_status(
            apply_default_tag(container.image)
        ):
            return None
        build, source = host.registry.store.repository(reference.name).find(
            reference.tag or ""
        )
        if build is not None:
            return None
        return self._hopeless(policy, container.image, reference, host, source)

    def _only_host(self, reference: Reference) -> Host | None:
        """Return who is asked, if that is one plain registry."""
        entries = self._group.containerd.hosts.get(reference.domain, ())
        hosts = hosts_of(reference.domain, entries, self._registries)
        if len(hosts) > 1 or not hosts[0].may("resolve"):
            return None
        return hosts[0] if hosts[0].registry.is_plain else None

    def _is_anonymous(self, pod: Pod, container: Container) -> bool:
        if self._group.credential_providers:
            return False
        offers = self._credentials.offers(pod, container.image)
        return len(offers) == 1 and offers[0].credential is None

    def _hopeless(
        self,
        policy: PullPolicy,
        image: str,
        reference: Reference,
        host: Host,
        source: int,
    ) -> HopelessPull | None:
        config = self._group.containerd
        profile = PROFILES[config.version, config.storage]
        round_trips = 1 + host.connect_round_trips
        took_us = profile.pull_us + profile.request_us
        request = PullRequest(
            asked=PullImageRequest(image=image),
            target=target_of(reference, [host]),
            credential=None,
            node=NONE,
            started=NONE,
        )
        client = RegistryClient(self._env, request, profile, config.version)
        error = Resolver(client, request, config.version).not_found(host)
        errors = (runtime_errors.cri_client_text(error.error), QPS_EXCEEDED)
        failures = [runtime_errors.pull_failure(image, text) for text in errors]
        failed = [(str(one.reason), one.message) for one in failures]
        took_us += round_trips * host.registry.gate.latency_us
        if took_us > LONGEST_US:
            return None
        return HopelessPull(
            policy=policy,
            host=host.registry.host,
            took_us=took_us,
            source=source,
            errors=errors,
            statuses=(*failed, *(self._backing_off(image, one) for one in failed)),
        )

    def _backing_off(self, image: str, failed: Status) -> Status:
        message = event_messages.back_off_pulling(image)
        if self._last_error:
            message = f"{message}: {failed[0]}: {failed[1]}"
        return WaitingReason.IMAGE_PULL_BACK_OFF, message


def _tagged(image: str) -> Reference | None:
    """Return the reference that is resolved, if it is one by tag."""
    try:
        reference = docker_reference(apply_default_tag(image))
    except (ImageNameError, ImageReferenceError):
        return None
    return None if reference.digest else reference
