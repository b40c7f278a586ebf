"""All credential provider plug-ins of one node, as one keyring.

Source: pkg/credentialprovider/plugin/plugins.go
(externalCredentialProviderKeyring).
"""

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Protocol

from sim.cluster.kubelet.credential_plugin import CredentialPlugin, Provided, Requester
from sim.cluster.kubelet.simulated_plugin import SimulatedPlugin, token_of
from sim.cluster.objects import Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.keyring import Credential, Keyring, ProviderSource
from sim.rules.pull_records import ServiceAccountCoordinates
from sim.scenario.model import PluginAnswer
from sim.value import value


class AccountStore(Protocol):
    """The API server, as far as service accounts go."""

    def account_annotations(self, namespace: str, name: str) -> dict[str, str]:
        """Return the annotations of a service account."""

    def account_uid(self, namespace: str, name: str) -> str:
        """Return its UID."""

    def account_row(self, namespace: str, name: str) -> int:
        """Return the row that wrote it, -1 = it was always there."""


@value
class InstalledPlugin:
    """A configured plug-in, and the executable that it runs."""

    plugin: CredentialPlugin
    executable: SimulatedPlugin


@value
class PluginCredentials:
    """What plug-ins gave that fits, each with its row.

    ``row`` is that of the last plug-in that was asked, -1 if none was for this image.
    """

    found: list[tuple[Credential, int]] = field(default_factory=list)
    row: int = NONE


class PluginKeyring:
    """The plug-ins of one node, in the order of their configuration."""

    __slots__ = ("_accounts", "_installed", "_log", "_node", "_rows")

    def __init__(
        self,
        log: EventLog,
        node: int,
        accounts: AccountStore,
        installed: Sequence[InstalledPlugin],
    ) -> None:
        self._log = log
        self._node = node
        self._accounts = accounts
        self._installed = {one.plugin.name: one for one in installed}
        self._rows = {
            name: self._set(name, one.executable.answer)
            for name, one in self._installed.items()
        }

    @property
    def any(self) -> bool:
        """Whether there are any plug-ins."""
        return bool(self._installed)

    def _set(self, name: str, answer: PluginAnswer) -> int:
        return self._log.append(
            Kind.PROVIDER_SET,
            node=self._node,
            object=self._log.names.id(name),
            text=self._log.names.id(answer.error),
        )

    def change(self, name: str, answer: PluginAnswer) -> None:
        """Let a plug-in answer otherwise from now on; what is cached stays."""
        if name in self._installed:
            self._installed[name].executable.answer = answer
            self._rows[name] = self._set(name, answer)

    def lookup(self, pod: Pod, image: str, repository: str) -> PluginCredentials:
        """Ask the plug-ins for a repository; ``image`` is how the pod writes it."""
        if not self._installed:
            return PluginCredentials()
        witness = _Witness(
            self._log,
            {"node": self._node, "pod": pod.id, "image": self._log.names.id(image)},
            pod.scheduled_row,
            self._rows,
        )
        requester = self._requester(pod)
        given = {
            name: one.plugin.provide(repository, requester, witness)
            for name, one in self._installed.items()
        }
        keyring = Keyring(
            (provided.entries, ProviderSource(name=name, account=provided.account))
            for name, provided in given.items()
        )
        found = [
            (credential, given[credential.source.name].row)
            for credential in keyring.lookup(repository)
            if isinstance(credential.source, ProviderSource)
        ]
        return PluginCredentials(found=found, row=_last_row(given.values()))

    def _requester(self, pod: Pod) -> Requester | None:
        namespace, name = pod.namespace, pod.spec.service_account
        if not name:
            return None
        uid = self._accounts.account_uid(namespace, name)
        return Requester(
            coordinates=ServiceAccountCoordinates(
                namespace=namespace, name=name, uid=uid
            ),
            annotations=self._accounts.account_annotations(namespace, name),
            token=token_of(namespace, name, pod.uid),
            row=self._accounts.account_row(namespace, name),
        )


def _last_row(given: Iterable[Provided]) -> int:
    return max((provided.row for provided in given), default=NONE)


class _Witness:
    """Writes rows about one lookup."""

    __slots__ = ("_cause", "_columns", "_log", "_rows")

    def __init__(
        self, log: EventLog, columns: dict[str, int], cause: int, rows: dict[str, int]
    ) -> None:
        self._log = log
        self._columns = columns
        self._cause = cause
        self._rows = rows

    def answered(self, provider: str) -> int:
        return self._log.append(
            Kind.PROVIDER_ANSWERED,
            **self._columns,
            object=self._log.names.id(provider),
            cause=self._cause,
            source=self._rows[provider],
        )

    def failed(self, provider: str, error: str) -> int:
        return self.not_called(provider, error, self._rows[provider])

    def not_called(self, provider: str, reason: str, source: int) -> int:
        return self._log.append(
            Kind.PROVIDER_FAILED,
            **self._columns,
            object=self._log.names.id(provider),
            text=self._log.names.id(reason),
            cause=self._cause,
            source=source,
        )
