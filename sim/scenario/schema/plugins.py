"""Credential provider plug-ins: what each answers."""

from typing import Literal

from pydantic import Field

from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Duration


class LoginPart(Part):
    """User name and password."""

    username: str = Field(description="user name")
    password: str = Field(description="password")


class PluginPart(Part):
    """What a credential provider plug-in answers."""

    auth: dict[str, LoginPart] = Field(
        default_factory=dict, description="registry or pattern: what it gives for it"
    )
    cache_key_type: Literal["Image", "Registry", "Global"] = Field(
        "Registry", alias="cacheKeyType", description="for which images it holds"
    )
    cache_duration: Duration | None = Field(
        None,
        alias="cacheDuration",
        description="how long; defaultCacheDuration unless given, 0s = not at all",
    )
    error: str = Field("", description="it exits with this error instead")
    service_accounts: list[str] | None = Field(
        None,
        alias="serviceAccounts",
        description="namespace/name: only their tokens get an answer; all unless given",
    )
