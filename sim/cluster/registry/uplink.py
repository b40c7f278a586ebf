"""The link by which one registry serves bodies, each as far as its faults let it."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.network.transfers import Link, LinkBroken
from sim.cluster.registry.body import Body
from sim.cluster.registry.outages import Outages
from sim.cluster.registry.request import Response
from sim.rules.registry_faults import NO_FAULTS, Faults
from sim.scenario import model
from sim.units import SECOND


class Uplink:
    """Sends bodies over ``egress`` and a node's link; an outage breaks them off."""

    __slots__ = ("_burst_bytes", "_env", "_network", "_outages", "egress")

    def __init__(
        self, env: Clock, network: Network, declared: model.Registry, outages: Outages
    ) -> None:
        self._env = env
        self._network = network
        self._outages = outages
        self.egress = Link(
            declared.bandwidth,
            per_flow=declared.fairness == "flow",
            connection_rate=declared.connection_bandwidth,
        )
        outages.links.append(self.egress)
        each = declared.connection_bandwidth or 0
        self._burst_bytes = each * declared.connection_burst_us // SECOND

    def set_rate(self, bandwidth: int | None) -> None:
        """Serve at another rate from now on."""
        self._network.set_rate(self.egress, bandwidth)

    def send(
        self,
        what: str,
        body: Body,
        ingress: Link,
        faults: Faults,
        arriving: simpy.Event | None,
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Send a body, or as much of it as the faults let pass.

        What is ``arriving`` here passes through meanwhile; return the answer if it
        does not come. Raises ``LinkBroken`` if an outage breaks it off.
        """
        left = body.left
        passing = left
        if faults is not NO_FAULTS:
            passing = faults.passing_bytes(what, left, again=body.received > 0)
        # What passes without delay is here at once.
        at_once = min(self._burst_bytes, passing)
        transfer = self._network.transfer(self.egress, ingress, passing - at_once)
        try:
            if arriving is not None:
                transfer.done.defused = True  # it may break before it is waited for
                response: Response = yield arriving
                if not response.ok:
                    self._network.cancel(transfer)
                    if self._outages.lasting:
                        raise LinkBroken
                    return response
            body.received += at_once
            body.corrupt |= faults.corrupt and what == "GET blob"
            body.transfer = transfer
            yield transfer.done
            if passing < left and faults.stall_us:
                yield self._env.delay(faults.stall_us)
        except simpy.Interrupt:
            self._network.cancel(transfer)
            raise
        return None
