"""Registries: what differs from the defaults at one host."""

from typing import Annotated, Literal

from pydantic import Field

from sim.rules.rate_limit import CountedBy, Window
from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Duration, Flag, Rate

Fairness = Literal["node", "flow"]


class RateLimitPart(Part):
    """How many pulls a registry admits; more are answered with 429."""

    pulls: Annotated[int, Field(ge=1)] = Field(
        description="GETs of a manifest, all at once or spread"
    )
    per: Duration = Field(description="the time in which they may come", gt=0)
    by: CountedBy = Field(
        CountedBy.ADDRESS,
        description="to whom they are counted: address (the whole cluster leaves by "
        "one), node (each has its own), or account (by user name, else by the address)",
    )
    counts_head: Flag = Field(
        False, alias="countsHead", description="true: asking for a digest counts too"
    )
    window: Window = Field(
        Window.SLIDING,
        description="sliding (comes back evenly) or fixed (all at its end)",
    )


class RegistryPart(Part):
    """What differs from the defaults at one registry host."""

    latency: Duration = Field(40_000, description="round trip of one request")
    bandwidth: Rate | None = Field(
        None, description="shared by every pull that it serves; unlimited unless given"
    )
    fairness: Fairness = Field(
        "node", description="by whom its bandwidth is shared: node, or flow (download)"
    )
    connection_bandwidth: Rate | None = Field(
        None,
        alias="connectionBandwidth",
        description="the most that one download gets; unlimited unless given",
    )
    accounts: dict[str, str] | None = Field(
        None, description="user: password; where given, a pull needs one of these"
    )
    rate_limit: RateLimitPart | None = Field(
        None, alias="rateLimit", description="how many pulls it admits in a time"
    )
    cache_of: str | None = Field(
        None,
        alias="cacheOf",
        description="host: it is a pull-through cache of that one, empty at the start",
    )
    tag_cache: Duration | None = Field(
        None,
        alias="tagCache",
        description="how long a cache answers what a tag means without asking; 0s "
        "(it asks every time) unless given",
    )
    content_cache: Duration | None = Field(
        None,
        alias="contentCache",
        description="how long a cache keeps manifests and blobs; 168h unless given",
    )
    serve_stale: Flag | None = Field(
        None,
        alias="serveStale",
        description="whether a cache answers what it last saw when the other host "
        "fails; true unless given",
    )
    immutable_tags: Flag = Field(
        False,
        alias="immutableTags",
        description="true: a push that would move a tag is refused",
    )
    holds: Literal["declared", "anything"] = Field(
        "declared",
        description="anything: also what no image declares, with an assumed size",
    )
