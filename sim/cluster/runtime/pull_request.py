"""One pull as it was asked for: what, for whom, from which hosts, with what.

Source: containerd core/remotes/docker/config/hosts.go: hosts are tried in the order
of ``hosts.toml``, a tag only where ``resolve`` is allowed.
"""

from collections.abc import Sequence

from sim.cluster.registry.body import Body
from sim.cluster.registry.registries import Registries
from sim.cluster.registry.registry import Registry
from sim.cluster.registry.request import Request
from sim.record.rows import NONE
from sim.rules.keyring import Credential
from sim.rules.reference import Reference
from sim.rules.registry_answers import host_address
from sim.rules.runtime_auth import AuthConfig, parse_auth
from sim.scenario.model import RegistryHost
from sim.value import value


class PullError(Exception):
    """A pull that failed: the text, the row that shows why.

    ``missing`` tells that the registry let the pull in and has no such image.
    """

    def __init__(self, error: str, row: int, *, missing: bool = False) -> None:
        self.error = error
        self.row = row
        self.missing = missing
        super().__init__(error)


@value
class Host:
    """One place to ask: an entry of ``hosts.toml``, and who answers there.

    ``connect_round_trips`` is what a new connection costs: TCP, and TLS 1.3 over it.
    """

    entry: RegistryHost
    registry: Registry
    origin: str
    connect_round_trips: int

    def url(self, reference: Reference, what: str) -> str:
        """Return the address of a manifest or blob, as errors name it."""
        address = host_address(self.entry.host)
        ns = "" if self.entry.host == self.origin else f"?ns={self.origin}"
        return f"{self.entry.scheme}://{address}/v2/{reference.path}/{what}{ns}"

    def may(self, capability: str) -> bool:
        """Whether it may be asked for this."""
        return capability in self.entry.capabilities

    @property
    def connect_us(self) -> int:
        """What a new connection takes now."""
        return self.connect_round_trips * self.registry.gate.latency_us


@value
class Target:
    """What an image's text names: a reference, and where to ask for it.

    ``number`` is the record's of the reference; ``resolved`` is what is asked about,
    a digest or else a tag; ``resolvers`` are the hosts that may be asked, in order,
    and ``first`` the first of them if it answers without asking elsewhere.
    """

    reference: Reference
    hosts: Sequence[Host]
    repository: str
    resolved: str
    resolvers: Sequence[Host]
    first: Host | None
    number: int = NONE


def asked_first(resolvers: Sequence[Host]) -> Host | None:
    """Return who is asked first, if that host answers without asking elsewhere."""
    return resolvers[0] if resolvers and resolvers[0].registry.answers_itself else None


def target_of(
    reference: Reference, hosts: Sequence[Host], number: int = NONE
) -> Target:
    """Return what a reference names, of which all these hosts may know."""
    needed = "pull" if reference.digest is not None else "resolve"
    resolvers = [host for host in hosts if host.may(needed)]
    return Target(
        reference=reference,
        hosts=hosts,
        repository=reference.name,
        resolved=reference.digest or reference.tag or "",
        resolvers=resolvers,
        first=asked_first(resolvers),
        number=number,
    )


@value
class PullImageRequest:
    """What the CRI's PullImage is asked for, and with which credential if any.

    The rest is for the record: ``pod_id`` and ``label`` are numbers of names, the
    pod's and the credential's; ``cause`` is the row that asks, ``source`` the one
    that explains the credential.

    Source: staging/src/k8s.io/cri-api, the message of this name.
    """

    image: str
    credential: Credential | None = None
    pod_id: int = NONE
    cause: int = NONE
    source: int = NONE
    label: int = NONE


@value
class PullRequest:
    """One pull as a node makes it; ``started`` is the row by which it began.

    ``credential`` is that of the request if it can be tried.
    """

    asked: PullImageRequest
    target: Target
    credential: Credential | None
    node: int
    started: int

    @property
    def reference(self) -> Reference:
        """The name of what is pulled."""
        return self.target.reference

    def ask(
        self,
        lead_us: int,
        digest: int = NONE,
        credential: Credential | None = None,
        *,
        token: bool = False,
        body: Body | None = None,
    ) -> Request:
        """Return a request of this pull."""
        return Request(
            node=self.node,
            image=self.target.number,
            digest=digest,
            cause=self.started,
            wanted=self.asked.cause,
            credential=credential,
            token=token,
            lead_us=lead_us,
            body=body,
        )


def hosts_of(
    domain: str, entries: Sequence[RegistryHost], registries: Registries
) -> list[Host]:
    """Return where a registry's images are asked for, in order."""
    return [
        Host(
            entry=entry,
            registry=registries.at(entry.host),
            origin=domain,
            connect_round_trips=2 if entry.scheme == "https" else 1,
        )
        for entry in entries or [RegistryHost(host=domain)]
    ]


def usable(credential: Credential | None, host: str) -> Credential | None:
    """Return what basic authentication can be tried with; the rest is as nothing."""
    if credential is None:
        return None
    auth = AuthConfig(username=credential.username, password=credential.password)
    return credential if parse_auth(auth, host).basic else None
