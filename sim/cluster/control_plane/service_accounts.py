"""The service accounts of a cluster; every namespace has ``default`` unwritten."""

from sim.cluster import names
from sim.record.rows import NONE
from sim.scenario import model


class ServiceAccounts:
    """All accounts that were written."""

    __slots__ = ("_stored",)

    def __init__(self) -> None:
        # namespace, name -> (account, row that wrote it)
        self._stored: dict[tuple[str, str], tuple[model.ServiceAccount, int]] = {}

    def apply(self, account: model.ServiceAccount, cause: int) -> None:
        """Create or replace an account."""
        self._stored[account.namespace, account.name] = (account, cause)

    def account_annotations(self, namespace: str, name: str) -> dict[str, str]:
        """Return the annotations of an account; ``default`` has none."""
        known = self._stored.get((namespace, name))
        return known[0].annotations if known else {}

    def account_uid(self, namespace: str, name: str) -> str:
        """Return an account's UID."""
        return names.uid(f"{namespace}/serviceaccount/{name}", 0)

    def account_row(self, namespace: str, name: str) -> int:
        """Return the row that wrote an account, -1 if it was always there."""
        known = self._stored.get((namespace, name))
        return known[1] if known else NONE
