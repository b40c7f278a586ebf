"""Who may pull from a registry, and what it asks of those who show nothing."""

from collections.abc import Mapping

from sim.cluster.registry.request import Request
from sim.rules.keyring import Credential
from sim.rules.registry_answers import INSUFFICIENT_SCOPE, Challenge


class RegistryAccounts:
    """User names with passwords; None lets anybody in.

    A ``token_service`` gives tokens for passwords, and anonymous ones; ``grants`` is
    whether a token gives the right to pull.
    """

    __slots__ = ("_passwords", "_token_service", "grants")

    def __init__(
        self, passwords: Mapping[str, str] | None, *, token_service: bool
    ) -> None:
        self._passwords = passwords
        self._token_service = token_service
        self.grants = True

    @property
    def open_to_all(self) -> bool:
        """Whether nobody has to show anything."""
        return self._passwords is None and not self._token_service

    def challenge(self, request: Request) -> tuple[Challenge, str] | None:
        """Return what a 401 asks for, and the error it names; None = let in."""
        if self._token_service:
            if not request.token:
                return Challenge.BEARER, ""
            return None if self.grants else (Challenge.BEARER, INSUFFICIENT_SCOPE)
        return None if self.admit(request.credential) else (Challenge.BASIC, "")

    def open_to(self, request: Request) -> bool:
        """Whether a request is let in as it is."""
        if self._passwords is None and not self._token_service:
            return True
        return self.challenge(request) is None

    def know(self, credential: Credential) -> bool:
        """Whether this is the name and password of somebody."""
        passwords = self._passwords or {}
        return passwords.get(credential.username) == credential.password

    def admit(self, credential: Credential | None) -> bool:
        """Whether somebody who shows this may pull."""
        if self._passwords is None:
            return True
        return credential is not None and self.know(credential)
