"""Which credentials one node's kubelet offers for a pod's pull, and where from.

The pod's own secrets come first, then the node's docker config. Each offer carries
the row that explains it: the secret's, or the one by which the node joined.

Source: pkg/kubelet/kubelet_pods.go (getPullSecretsForPod),
pkg/credentialprovider/secrets/secrets.go, pkg/kubelet/images/image_manager.go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.cluster.image_pull_manager import CredentialError
from sim.cluster.objects import Pod
from sim.record.log import NONE
from sim.rules.docker_config import (
    Config,
    DockerConfigError,
    NodeDockerConfig,
    parse_secret,
)
from sim.rules.image_name import ImageNameError, parse_image_name
from sim.rules.keyring import Credential, Keyring, SecretSource
from sim.rules.pull_records import Identities, PullCredentials, SecretCoordinates
from sim.scenario.model import Secret

ANONYMOUS = "anonymous"
NODE_CONFIG = "node docker config"


class SecretStore(Protocol):
    """The API server, as far as secrets go."""

    def secret(self, namespace: str, name: str) -> Secret | None:
        """Return a secret, or None."""

    def secret_uid(self, namespace: str, name: str) -> str:
        """Return the UID of a secret that is there."""

    def secret_row(self, namespace: str, name: str) -> int:
        """Return the row that last wrote or deleted it, -1 if none ever did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A credential to try (None = anonymously), its name for people, its row."""

    credential: Credential | None
    label: str
    row: int = NONE


class NodeCredentials:
    """The credentials of one node. ``node_row`` is the row by which it joined.

    ``config_row`` gives the row that wrote the docker config which was read last.
    """

    __slots__ = ("_config_row", "_node_config", "_node_row", "_secrets")

    def __init__(
        self,
        secrets: SecretStore,
        node_config: NodeDockerConfig,
        node_row: int,
        config_row: Callable[[], int] | None = None,
    ) -> None:
        self._secrets = secrets
        self._node_config = node_config
        self._node_row = node_row
        self._config_row = config_row or (lambda: node_row)

    def missing(self, pod: Pod) -> list[str]:
        """Return the pull secrets that a pod names and nobody has."""
        return [
            name
            for name in pod.spec.image_pull_secrets
            if name and self._secrets.secret(pod.namespace, name) is None
        ]

    def offers(self, pod: Pod, image: str, now_us: int) -> Sequence[Offer]:
        """Return what to try, in order; an anonymous pull only if nothing fits.

        Raises ``CredentialError`` when a secret cannot be decoded.
        """
        try:
            repository = parse_image_name(image).repository
        except ImageNameError:
            repository = image
        offers = [
            Offer(
                credential=credential,
                label=f"secret {credential.source.namespace}/{credential.source.name}",
                row=self._secrets.secret_row(
                    credential.source.namespace, credential.source.name
                ),
            )
            for credential in self._pod_keyring(pod).lookup(repository)
            if credential.source is not None
        ]
        node = Keyring([(self._node_config.entries(now_us), None)])
        offers += [
            Offer(credential=credential, label=NODE_CONFIG, row=self._config_row())
            for credential in node.lookup(repository)
        ]
        nothing = Offer(credential=None, label=ANONYMOUS, row=self._node_row)
        return offers or [nothing]

    def row_of_missing(self, pod: Pod) -> int:
        """Return the row that deleted a secret a pod names, or the bare node's."""
        rows = (self._secrets.secret_row(pod.namespace, n) for n in self.missing(pod))
        row = max(rows, default=NONE)
        return self._node_row if row == NONE else row

    def _pod_keyring(self, pod: Pod) -> Keyring:
        return Keyring(self._pull_secrets(pod))

    def _pull_secrets(self, pod: Pod) -> list[tuple[Config, SecretSource]]:
        found = []
        for name in pod.spec.image_pull_secrets:
            secret = self._secrets.secret(pod.namespace, name)
            if secret is None:
                continue
            try:
                config = parse_secret(secret.type, secret.data)
            except DockerConfigError as error:
                row = self._secrets.secret_row(pod.namespace, name)
                raise CredentialError(str(error), row) from error
            if config is not None:
                uid = self._secrets.secret_uid(pod.namespace, name)
                source = SecretSource(
                    namespace=secret.namespace, name=secret.name, uid=uid
                )
                found.append((config, source))
        return found

    def identities(self, pod: Pod, image: str) -> Identities:
        """Return what a pod brings to an image that is on the node already.

        Raises ``CredentialError`` when a secret cannot be decoded.
        """
        try:
            repository = parse_image_name(image).repository
        except ImageNameError:
            repository = image
        found = self._pod_keyring(pod).lookup(repository)
        return Identities(secrets=tuple(_coordinates(c) for c in found))

    def record_of(self, offer: Offer) -> PullCredentials:
        """Return what a successful pull with this offer says of who may use it."""
        credential = offer.credential
        if credential is None or credential.source is None:
            return PullCredentials(node_wide=True)
        return PullCredentials(secrets=(_coordinates(credential),))


def _coordinates(credential: Credential) -> SecretCoordinates:
    source = credential.source
    assert source is not None  # noqa: S101 - a pod's credentials come from secrets
    return SecretCoordinates(
        namespace=source.namespace,
        name=source.name,
        uid=source.uid,
        hash=credential.hash,
    )
