"""Measured pulls that fail, are retried or go through mirrors."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sim.cluster.registry.accounts import RegistryAccounts
from sim.cluster.registry.request import NOT_FOUND
from sim.rules.keyring import Credential
from sim.rules.registry_answers import GrpcCode
from sim.rules.registry_faults import Faults, Unreachable, Unreached
from sim.rules.runtime_errors import grpc_code
from sim.scenario import model
from sim.units import SECOND
from tests.conformance.adapters.measured_bench import HOST, Bench, build, layer
from tests.conformance.harness import Adapter, Step
from tests.conformance.validation import Near, params_of

Facts = dict[str, Any]
MIRROR = "mirror.test"
REFUSED = Unreached(why=Unreachable.REFUSED)
PASSWORDS = {"right": "p", "wrong": "x"}
CODES = {
    GrpcCode.UNKNOWN: "UNKNOWN",
    GrpcCode.NOT_FOUND: "NOT_FOUND",
    GrpcCode.FAILED_PRECONDITION: "FAILED_PRECONDITION",
    GrpcCode.CANCELED: "CANCELLED",
}
SEEN = re.compile(r"(HEAD|GET|POST) (manifest|blob|token|config) (\d+)")


def unreached(what: str, params: Mapping[str, str]) -> Unreached | None:
    """Return how a host is out of reach, None if it is not."""
    after_us = round(float(params.get("connect_s", "0")) * SECOND)
    found = {
        "refused": REFUSED,
        "no_such_host": Unreached(why=Unreachable.NO_SUCH_HOST, after_us=0),
        "absent": Unreached(why=Unreachable.NO_ROUTE, after_us=after_us),
    }
    return found.get(what)


def faults_of(params: Mapping[str, str], top: str) -> Faults:
    """Return what the registry of a case does wrong; ``top`` is the last layer."""
    name, _, value = params.get("fault", "").partition(" ")
    gone = NOT_FOUND if name == "manifest_deleted" else 0
    number = int(value) if name.endswith("status") else 0
    cuts = name in ("cut", "cut_once", "stall")
    return Faults(
        unreached=unreached(name, params),
        manifest_status=number if name == "manifest_status" else gone,
        manifest_get_status=number if name == "manifest_get_status" else 0,
        blob_status=number if name == "blob_status" else 0,
        lost=(top,) if name == "top_layer_missing" else (),
        corrupt=name == "corrupt",
        cut_after=float(value) if cuts else 1,
        cut_once=name == "cut_once",
        whole_below_bytes=int(float(params.get("whole_below_bytes", "0"))),
        stall_us=round(float(params.get("stall_s", "0")) * SECOND),
    )


class Case:
    """The bench of one row, ready to pull."""

    def __init__(self, version: str, params: Mapping[str, str]) -> None:
        self.params = params
        mb = float(params.get("layer_mb", "4"))
        layers = [layer(f"l{n}", mb) for n in range(int(params.get("layers", "2")))]
        other = "linux/arm64" if params.get("fault") == "no_platform" else "linux/amd64"
        now = model.Build(
            name="now", layers=tuple(layers), config_bytes=560, platform=other
        )
        fresh = [layer(f"o{n}", mb) for n in range(len(layers))]
        builds = [
            now,
            build("old_tag", fresh),
            build("bottom_layer", [layers[0], *fresh[1:]]),
            build("layers", layers),
        ]
        self.digest = now.digest
        mirrored = "mirror" in params
        asked = tuple(params.get("capabilities", "pull/resolve").split("/"))
        entries = {"mirror": model.RegistryHost(host=MIRROR, capabilities=asked)}
        server = model.RegistryHost(host=HOST)
        hosts = [entries.get(name, server) for name in params["hosts"].split("/")]
        mirror = model.Registry(host=MIRROR, latency_us=0, cache=self._cache())
        self.bench = Bench(
            version, params, {"one": builds}, [mirror] if mirrored else [], hosts
        )
        self._warm(params.get("cached", "none"))
        origin = self.bench.registries.at(HOST)
        origin.gate.faults = faults_of(params, layers[-1].digest)
        if params.get("origin") == "down":
            origin.gate.faults = Faults(unreached=REFUSED)
        if mirrored:
            unreach = unreached(params["mirror"], params)
            self.bench.registries.at(MIRROR).gate.faults = Faults(unreached=unreach)
        origin.gate.accounts = RegistryAccounts(
            {"u": "p"} if "auth" in params else None,
            token_service=params.get("auth") == "bearer",
        )
        origin.gate.accounts.grants = params.get("granted", "yes") == "yes"

    def _cache(self) -> model.Cache | None:
        cached = self.params.get("mirror") == "cache"
        return model.Cache(of=HOST) if cached else None

    def _warm(self, cached: str) -> None:
        """Let another node pull through the cache what it is to hold."""
        if cached == "none":
            return
        # All it knows of the image is all of it.
        known = "now" if cached == "all" else cached
        self.bench.registries.push(f"{HOST}/app/one", "v1", known)
        self.bench.end(self.bench.pull("warm", f"{HOST}/app/one:v1"))
        self.bench.registries.push(f"{HOST}/app/one", "v1", "now")

    def image(self) -> str:
        """Return the reference that is pulled."""
        fault = self.params.get("fault")
        name = {"no_repository": "nosuch", "invalid_reference": "TAG"}.get(
            fault or "", "one"
        )
        if self.params.get("ref") == "digest":
            return f"{HOST}/app/{name}@{self.digest}"
        return f"{HOST}/app/{name}:{'nope' if fault == 'no_tag' else 'v1'}"

    def credential(self) -> Credential | None:
        """Return what the kubelet sends with the pull."""
        password = PASSWORDS.get(self.params.get("credentials", "none"))
        return Credential(username="u", password=password) if password else None


def seen(bench: Bench, host: str, before: int) -> list[str]:
    """Return what a server logged, in its words."""
    texts = []
    for row in bench.requests(host)[before:]:
        match = SEEN.fullmatch(row.text)
        assert match is not None, row.text
        method, what, status = match.groups()
        end = " range" if status == "206" else ""
        what = "blob" if what == "config" else what
        texts.append(f"{method} {what} {status}{end}")
    return texts


def told(row: Facts) -> dict[str, list[str]]:
    """Return the recorded sequence of each host."""
    if not row["sequence"].startswith("mirror:"):
        return {HOST: row["sequence"].split(" | ") if row["sequence"] else []}
    hosts = {"mirror": MIRROR, "origin": HOST}
    found = {}
    for part in row["sequence"].split(" | "):
        host, _, texts = part.partition(": ")
        found[hosts[host]] = [] if texts == "-" else texts.split(" + ")
    return found


def errors(row: Facts) -> Iterator[Step]:
    """One node, one pull with the hosts and the fault of the case."""
    params = params_of(row)
    case = Case(row["runtime"], params)
    bench = case.bench
    before = {host: len(bench.requests(host)) for host in (HOST, MIRROR)}
    pull = bench.pull("n1", case.image(), credential=case.credential())
    result, length_s = bench.end(pull)
    code = CODES[grpc_code(result.error)] if result.error else "ok"
    yield Step("grpc_code", code, row["grpc_code"])
    if float(row["time_s"] or 0) >= 1:
        value = float(row["time_s"])
        yield Step("time", length_s, Near(value, max(0.15 * value, 0.5)))
    if row["judge"] == "outcome":
        return
    for host, theirs in told(row).items():
        # What else a cache asks its origin for is the cache's own business.
        part = " manifest " if host == HOST and params.get("mirror") == "cache" else ""
        ours = seen(bench, host, before[host])
        yield Step(
            host,
            [text for text in ours if part in text],
            [text for text in theirs if part in text],
        )


ADAPTERS: dict[str, Adapter] = {"measured_errors": errors}
