"""The secrets of a cluster, as the API server keeps them."""

from collections.abc import Iterator

from sim.cluster import names
from sim.record.rows import NONE
from sim.scenario import model


class Secrets:
    """All secrets; ``numbers`` make each UID another one."""

    __slots__ = ("_numbers", "_stored", "_uids")

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        # namespace, name -> (secret or None once deleted, row of the last act)
        self._stored: dict[tuple[str, str], tuple[model.Secret | None, int]] = {}
        self._uids: dict[tuple[str, str], str] = {}

    def apply(self, secret: model.Secret, cause: int) -> None:
        """Create or replace a secret; only a new one gets a new UID."""
        key = secret.namespace, secret.name
        if self.secret(*key) is None:
            self._uids[key] = names.uid("/".join(key), next(self._numbers))
        self._stored[key] = (secret, cause)

    def delete(self, namespace: str, name: str, cause: int) -> None:
        """Delete a secret; the row of the deletion stays known."""
        self._stored[namespace, name] = (None, cause)

    def secret(self, namespace: str, name: str) -> model.Secret | None:
        """Return a secret, or None."""
        return self._stored.get((namespace, name), (None, NONE))[0]

    def secret_uid(self, namespace: str, name: str) -> str:
        """Return a secret's UID; one deleted and made again has another."""
        return self._uids[namespace, name]

    def secret_row(self, namespace: str, name: str) -> int:
        """Return the row that last wrote or deleted a secret, -1 if none ever did."""
        return self._stored.get((namespace, name), (None, NONE))[1]
