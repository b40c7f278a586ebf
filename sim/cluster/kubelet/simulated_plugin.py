"""A credential provider plug-in as a scenario describes it: text in, text out."""

import json

from sim.rules.credential_provider import (
    ProviderError,
    ProviderResponse,
    response_text,
)
from sim.rules.docker_config import Entry
from sim.scenario.model import PluginAnswer

# What the token of a service account is made of; only plug-ins look into it.
_TOKEN_MARK = "/"  # noqa: S105 - a separator


def token_of(namespace: str, account: str, pod_uid: str) -> str:
    """Return the token of an account that is bound to a pod."""
    return _TOKEN_MARK.join((namespace, account, pod_uid))


class SimulatedPlugin:
    """The executable of that name on one node; ``answer`` may change at any time."""

    __slots__ = ("_name", "answer")

    def __init__(self, name: str, answer: PluginAnswer) -> None:
        self._name = name
        self.answer = answer

    def __call__(self, stdin: str) -> str:
        """Answer a request; raises ``ProviderError`` when it exits with an error."""
        request = json.loads(stdin)
        error = self.answer.error or self._refusal(
            request.get("serviceAccountToken", "")
        )
        if error:
            raise ProviderError(
                f"error execing credential provider plugin {self._name} for image "
                f"{request['image']}: exit status 1: {error}"
            )
        response = ProviderResponse(
            cache_key_type=self.answer.cache_key_type,
            cache_us=self.answer.cache_us,
            auth=[
                (login.key, Entry(username=login.username, password=login.password))
                for login in self.answer.auth
            ],
        )
        return response_text(request["apiVersion"], response)

    def _refusal(self, token: str) -> str:
        """Return why the token's account gets nothing, or an empty text."""
        allowed = self.answer.service_accounts
        if allowed is None:
            return ""
        account = _TOKEN_MARK.join(token.split(_TOKEN_MARK)[:2])
        if account in allowed:
            return ""
        return (
            f"no credentials for service account {account}" if account else "no token"
        )
