"""What credentials are looked up for and against: pods, secrets, a runtime."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credential_plugin import CredentialPlugin
from sim.cluster.kubelet.credentials import Offer
from sim.cluster.kubelet.image_manager import CredentialSource, ImageManager
from sim.cluster.kubelet.kuberuntime_image import ImageService
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.puller import Puller
from sim.cluster.objects import Pod
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.image_store import ImageInfo
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.log import EventLog
from sim.rules.backoff import image_back_off
from sim.rules.credential_provider import ProviderResponse, response_text
from sim.rules.credential_provider_config import PLUGIN_V1, CredentialProvider
from sim.rules.docker_config import Config, Entry
from sim.rules.throttle import TokenBucket
from sim.scenario.model import Container, KubeletConfiguration, PodSpec, Secret
from tests.conformance.adapters.kubelet_stand_ins import Anonymous

LOGIN = "p"


def pod_of(log: EventLog, namespace: str, pull_secrets: Sequence[str] = ()) -> Pod:
    """A pod that names these pull secrets."""
    spec = PodSpec(
        containers=(Container(name="app", image="app"),),
        image_pull_secrets=tuple(pull_secrets),
    )
    return Pod(
        namespace=namespace,
        name="pod",
        uid="pod-uid",
        spec=spec,
        labels={},
        owner="",
        replica_set="",
        created_us=0,
        id=log.names.id(f"{namespace}/pod"),
    )


@dataclass
class SecretTable:
    """Secrets by namespace and name."""

    secrets: dict[tuple[str, str], Secret] = field(default_factory=dict)
    uids: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(
        self,
        namespace: str,
        name: str,
        kind: str,
        data: dict[str, str],
        uid: str = "uid",
    ) -> None:
        """Let a secret exist."""
        self.uids[namespace, name] = uid
        self.secrets[namespace, name] = Secret(
            namespace=namespace, name=name, type=kind, data=data
        )

    def secret(self, namespace: str, name: str) -> Secret | None:
        """Return a secret, or None."""
        return self.secrets.get((namespace, name))

    def secret_uid(self, namespace: str, name: str) -> str:
        """Return the UID of a secret."""
        return self.uids[namespace, name]

    def secret_row(self, namespace: str, name: str) -> int:
        """Return no row."""
        return -1


class LoggedIn(NodeDockerConfig):
    """A node whose credentials fit every image of one registry, in this order."""

    def __init__(self, env: Clock, registry: str, users: Sequence[str]) -> None:
        super().__init__(env, {})
        self._known: Config = [
            (registry, Entry(username=user, password=LOGIN)) for user in users
        ]

    def entries(self) -> Config:
        """Return what was given."""
        return self._known


@dataclass
class Answering:
    """A runtime that answers each call as told; ``calls`` are the users that came."""

    errors: Sequence[str | None]
    calls: list[str] = field(default_factory=list)

    def removed_row(self, image: str) -> int:
        """Nothing was ever removed."""
        return -1

    def image_status(self, image: str) -> ImageInfo | None:
        """Know of no image."""
        return None

    def pull(
        self, asked: PullImageRequest, done: Callable[[PullResult], object]
    ) -> None:
        """Fail with the call's error, or succeed; it takes no time."""
        user = asked.credential.username if asked.credential else "anonymous"
        self.calls.append(user)
        error = self.errors[len(self.calls) - 1]
        done(PullResult(image_ref="id" if error is None else "", error=error or ""))


class Offering(Anonymous):
    """Somebody who offers what a lookup gave."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Return what was given."""
        return self._offers


def manager_of(
    env: Clock, log: EventLog, service: ImageService, credentials: CredentialSource
) -> ImageManager:
    """An image manager with default settings and without pull records."""
    return ImageManager(
        env,
        log,
        log.names.id("node"),
        service=service,
        credentials=credentials,
        backoff=image_back_off(),
        puller=Puller(env, KubeletConfiguration()),
        throttle=TokenBucket(5, 10),
        pull_manager=None,
    )


class Unseen:
    """A witness that writes nothing down."""

    def answered(self, provider: str) -> int:
        """Return no row."""
        return -1

    def failed(self, provider: str, error: str) -> int:
        """Return no row."""
        return -1

    def not_called(self, provider: str, reason: str, source: int) -> int:
        """Return no row."""
        return -1


class Plugin:
    """A plug-in that gives one answer; ``requests`` are what it was run with."""

    def __init__(
        self, env: Clock, provider: CredentialProvider, response: ProviderResponse
    ) -> None:
        self._response = response
        self.requests: list[str] = []
        self.living = CredentialPlugin(env, provider, self._execute)

    def _execute(self, stdin: str) -> str:
        self.requests.append(stdin)
        return response_text(PLUGIN_V1, self._response)
