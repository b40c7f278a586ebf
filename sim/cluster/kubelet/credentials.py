"""Which credentials one node's kubelet offers for a pod's pull, and where from.

The pod's own secrets come first, then the node's docker config, then what credential
provider plug-ins give. Each offer carries the row that explains it: the one that wrote
the secret or the file, or the plug-in's answer.

Source: pkg/kubelet/kubelet_pods.go (getPullSecretsForPod),
pkg/credentialprovider/secrets/secrets.go, pkg/kubelet/images/image_manager.go.
"""

from collections.abc import Sequence
from typing import Protocol

from sim.cluster.kubelet.image_pull_manager import CredentialError
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.plugin_keyring import PluginCredentials, PluginKeyring
from sim.cluster.objects import Pod
from sim.record.rows import NONE
from sim.rules.docker_config import Config, DockerConfigError, parse_secret
from sim.rules.image_name import ImageNameError, parse_image_name
from sim.rules.keyring import Credential, Keyring, ProviderSource, SecretSource
from sim.rules.pull_records import (
    Identities,
    PullCredentials,
    SecretCoordinates,
    ServiceAccountCoordinates,
)
from sim.scenario.model import Secret
from sim.value import value

_NODE_WIDE = PullCredentials(node_wide=True)

ANONYMOUS = "anonymous"
NODE_CONFIG = "node docker config"
SECRET = "secret "  # noqa: S105 - a word
PROVIDER = "credential provider "


class SecretStore(Protocol):
    """The API server, as far as secrets go."""

    def secret(self, namespace: str, name: str) -> Secret | None:
        """Return a secret, or None."""

    def secret_uid(self, namespace: str, name: str) -> str:
        """Return the UID of a secret that is there."""

    def secret_row(self, namespace: str, name: str) -> int:
        """Return the row that last wrote or deleted it, -1 if none ever did."""


@value
class Offer:
    """A credential to try (None = anonymously), its name for people, its row."""

    credential: Credential | None
    label: str
    row: int = NONE


class NodeCredentials:
    """The credentials of one node. ``node_row`` is the row by which it joined."""

    __slots__ = (
        "_has_plugins",
        "_known",
        "_node_config",
        "_node_row",
        "_plugins",
        "_secrets",
    )

    def __init__(
        self,
        secrets: SecretStore,
        node_config: NodeDockerConfig,
        node_row: int,
        plugins: PluginKeyring | None = None,
    ) -> None:
        self._secrets = secrets
        self._node_config = node_config
        self._node_row = node_row
        self._plugins = plugins
        self._has_plugins = plugins is not None and plugins.any
        # By image: the node's entries and their row, and what they gave.
        self._known: dict[str, tuple[Config, int, Sequence[Offer]]] = {}

    def missing(self, pod: Pod) -> list[str]:
        """Return the pull secrets that a pod names and nobody has."""
        return [
            name
            for name in pod.spec.image_pull_secrets
            if name and self._secrets.secret(pod.namespace, name) is None
        ]

    def present(self, pod: Pod) -> list[tuple[str, Secret]]:
        """Return the pull secrets that a pod names and that exist, in its order."""
        named = (
            (name, self._secrets.secret(pod.namespace, name))
            for name in pod.spec.image_pull_secrets
        )
        return [(name, secret) for name, secret in named if secret is not None]

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Return what to try, in order; an anonymous pull only if nothing fits.

        Raises ``CredentialError`` when a secret cannot be decoded.
        """
        if pod.spec.image_pull_secrets or self._has_plugins:
            return self.lookup(pod, image, _repository(image))
        # All pods without secrets are offered the same while a file is in memory.
        entries = self._node_config.entries()
        row = self._node_config.row
        known = self._known.get(image)
        if known is None or known[1] != row or known[0] != entries:
            found = self.lookup(pod, image, _repository(image))
            known = self._known[image] = (entries, row, found)
        return known[2]

    def lookup(self, pod: Pod, image: str, repository: str) -> list[Offer]:
        """Return the offers for a repository; ``image`` is how the pod writes it."""
        of_secrets = self._of_secrets(pod, repository)
        of_node = self._of_node(repository)
        given = self._of_plugins(pod, image, repository)
        found = [*of_secrets, *of_node, *_plugin_offers(given)]
        return found or [self._nothing(given)]

    def _of_secrets(self, pod: Pod, repository: str) -> list[Offer]:
        sources = (
            (credential, credential.source)
            for credential in self._pod_keyring(pod).lookup(repository)
        )
        return [
            Offer(
                credential=credential,
                label=f"{SECRET}{source.namespace}/{source.name}",
                row=self._secrets.secret_row(source.namespace, source.name),
            )
            for credential, source in sources
            if isinstance(source, SecretSource)
        ]

    def _of_node(self, repository: str) -> list[Offer]:
        keyring = Keyring([(self._node_config.entries(), None)])
        row = self._row_of_files()
        return [
            Offer(credential=credential, label=NODE_CONFIG, row=row)
            for credential in keyring.lookup(repository)
        ]

    def _of_plugins(self, pod: Pod, image: str, repository: str) -> PluginCredentials:
        if self._plugins is None:
            return PluginCredentials()
        return self._plugins.lookup(pod, image, repository)

    def _row_of_files(self) -> int:
        row = self._node_config.row
        return self._node_row if row == NONE else row

    def _nothing(self, given: PluginCredentials) -> Offer:
        """An anonymous pull, with the row that says why there is nothing better."""
        row = self._row_of_files() if given.row == NONE else given.row
        return Offer(credential=None, label=ANONYMOUS, row=row)

    def row_of_missing(self, pod: Pod) -> int:
        """Return the row that deleted a secret a pod names, or the bare node's."""
        rows = (self._secrets.secret_row(pod.namespace, n) for n in self.missing(pod))
        row = max(rows, default=NONE)
        return self._node_row if row == NONE else row

    def _pod_keyring(self, pod: Pod) -> Keyring:
        return Keyring(self._pull_secrets(pod))

    def _pull_secrets(self, pod: Pod) -> list[tuple[Config, SecretSource]]:
        found = []
        for name, secret in self.present(pod):
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

    def identities(self, offers: Sequence[Offer]) -> Identities:
        """Return what a pod brings to an image that is on the node already.

        Of service accounts the first counts: all of a pod's are the same.
        """
        found = [o.credential for o in offers if o.credential is not None]
        accounts = (_account(credential) for credential in found)
        return Identities(
            secrets=tuple(secret for one in found for secret in _coordinates(one)),
            service_account=next((one for one in accounts if one is not None), None),
        )

    def record_of(self, offer: Offer) -> PullCredentials:
        """Return what a successful pull with this offer says of who may use it."""
        credential = offer.credential
        if credential is None:
            return _NODE_WIDE
        account = _account(credential)
        if account is not None:
            return PullCredentials(service_accounts=(account,))
        secrets = _coordinates(credential)
        return PullCredentials(node_wide=not secrets, secrets=secrets)


def _repository(image: str) -> str:
    try:
        return parse_image_name(image).repository
    except ImageNameError:
        return image


def _plugin_offers(given: PluginCredentials) -> list[Offer]:
    return [
        Offer(
            credential=credential, label=f"{PROVIDER}{credential.source.name}", row=row
        )
        for credential, row in given.found
        if isinstance(credential.source, ProviderSource)
    ]


def _account(credential: Credential) -> ServiceAccountCoordinates | None:
    source = credential.source
    return source.account if isinstance(source, ProviderSource) else None


def _coordinates(credential: Credential) -> tuple[SecretCoordinates, ...]:
    """Return the secret that a credential is from; none for those of the node."""
    source = credential.source
    if not isinstance(source, SecretSource):
        return ()
    coordinates = SecretCoordinates(
        namespace=source.namespace,
        name=source.name,
        uid=source.uid,
        hash=credential.hash,
    )
    return (coordinates,)
