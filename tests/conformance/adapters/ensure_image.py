"""Small cases on one node: ensuring one image, pulling in parallel, a bad image."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.analysis.events import kubernetes_events
from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import Offer
from sim.cluster.kubelet.image_manager import CredentialSource, ImageManager
from sim.cluster.kubelet.image_pull_manager import ImagePullManager, PullDirectory
from sim.cluster.kubelet.image_request import ImageResult
from sim.cluster.kubelet.puller import Puller
from sim.cluster.nodes.clockwork import Clockwork
from sim.cluster.nodes.kubelet_parts import Dependencies, make_kubelet
from sim.cluster.objects import Pod
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.log import EventLog
from sim.rules.backoff import BackOff, image_back_off
from sim.rules.keyring import Credential
from sim.rules.profiles import PROFILES
from sim.rules.pull_policy import PullPolicy
from sim.rules.pull_records import Identities, PullCredentials
from sim.rules.reference import ImageReferenceError, pull_form
from sim.rules.throttle import TokenBucket
from sim.scenario.model import Container, KubeletConfiguration, PodSpec
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters import pull_records
from tests.conformance.adapters.kubelet_stand_ins import (
    Anonymous,
    Entry,
    FixedTimings,
    StatusBook,
    TableRuntime,
    ensured,
)
from tests.conformance.harness import Adapter, Step

Raw = dict[str, Any]
Ensure = Generator[simpy.Event, Any, ImageResult]
# The kind restates tests of that release; v1.36 names repositories otherwise.
VERSION = "1.35"
PULLED_ID = "pulled-image-id"
LOOK_US = 4 * MILLISECOND  # a relist lists, then looks at a sandbox that is ready
# Asking for the status of a new sandbox takes 1 ms, which these cases leave out: the
# pod comes that much before their time 0.
ORIGIN_US = MILLISECOND


class GivenCredentials(Anonymous):
    """What a case says that the pod and its node can offer for the image."""

    def __init__(self, given: Raw) -> None:
        self._secrets = tuple(map(pull_records.secret, given["pod_secrets"]))
        raw = given["pod_service_account"]
        self._account = raw and pull_records.account(raw)
        self._offered = [PullCredentials(secrets=(s,)) for s in self._secrets]
        if given["node_credential"]:
            self._offered.append(PullCredentials(node_wide=True))
        if self._account:
            self._offered.append(PullCredentials(service_accounts=(self._account,)))

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Offer one credential after another; their labels are their numbers."""
        some = Credential(username="user", password="word")  # noqa: S106
        count = len(self._offered)
        offers = [Offer(credential=some, label=str(n)) for n in range(count)]
        return offers or super().offers(pod, image)

    def identities(self, offers: Sequence[Offer]) -> Identities:
        """Return the pod's own, without the node's."""
        return Identities(secrets=self._secrets, service_account=self._account)

    def record_of(self, offer: Offer) -> PullCredentials:
        """Return what was offered under this number."""
        if offer.credential is None:
            return super().record_of(offer)
        return self._offered[int(offer.label)]


@dataclass
class Desk:
    """An image manager over stand-ins, for as many pods as come."""

    runtime: TableRuntime
    config: KubeletConfiguration
    backoff: BackOff
    pulls: ImagePullManager | None = None
    credentials: CredentialSource = field(default_factory=Anonymous)

    def __post_init__(self) -> None:
        self.env = self.runtime.env
        self.log = EventLog(lambda: self.env.now)
        self.manager = ImageManager(
            self.env,
            self.log,
            self.log.names.id("node"),
            service=self.runtime,
            credentials=self.credentials,
            backoff=self.backoff,
            puller=Puller(self.env, self.config),
            throttle=TokenBucket(
                self.config.registry_pull_qps, self.config.registry_burst
            ),
            pull_manager=self.pulls,
        )

    def ensure(self, pod: Pod, image: str, policy: str, at_s: int) -> Ensure:
        """Wait for the time, then ask."""
        yield self.env.timeout(at_s * SECOND - self.env.now)
        asked = ensured(
            self.env, self.log, self.manager, pod, image, PullPolicy(policy)
        )
        return (yield from asked)

    def events(self) -> list[str]:
        """The reasons of all events so far."""
        meta = {"profile": {"new_container_wording": True}}
        return [e.reason for e in kubernetes_events(self.log, meta)]


def bare_pod(name: str, number: int, spec: PodSpec) -> Pod:
    """A pod whose UID is its name."""
    return Pod(
        namespace="default",
        name=name,
        uid=name,
        spec=spec,
        labels={},
        owner="",
        replica_set="",
        created_us=0,
        id=number,
    )


def _runtime(given: Raw) -> TableRuntime:
    runtime = TableRuntime(
        env=Clock(), table={}, status_error=given["inspect_error"] or ""
    )
    for raw in given["present"]:
        entry = Entry(id=raw["id"], size=1, pull_us=0)
        runtime.table[pull_form(raw["image"])] = entry
        runtime.store(pull_form(raw["image"]), entry)
    try:
        name = pull_form(given["image"])
    except ImageReferenceError:
        return runtime  # it never gets that far
    entry = runtime.table.setdefault(name, Entry(id=PULLED_ID, size=1, pull_us=0))
    entry.error = given["pull_error"] or ""
    return runtime


def ensure_image(data: Raw) -> Iterator[Step]:
    """Ask for one image again and again, once for each value of the gate."""
    given, expected = data["input"], data["expect"]
    for gate in given["gates"]:
        desk = _desk(given, gate)
        pod = bare_pod("pod", desk.log.names.id("default/pod"), PodSpec(containers=()))
        pairs = zip(given["calls_at_s"], expected["steps"], strict=True)
        for number, (at_s, step) in enumerate(pairs):
            calls, events = len(desk.runtime.calls), len(desk.events())
            asked = desk.ensure(pod, given["image"], given["policy"], at_s)
            result = desk.env.run(until=desk.env.process(asked))
            assert isinstance(result, ImageResult)
            ours = {
                "calls": [call for _, call, *_ in desk.runtime.calls[calls:]],
                "reason": str(result.reason) or None,
                "message": result.message or None,
                "events": desk.events()[events:],
            }
            yield Step(f"gate {gate}, call {number}", ours, step)
            if number == 0:
                counted = [request.labels for request in desk.manager.requests.counts]
                yield Step(f"gate {gate}, metric", counted, [expected["metric"]])


def _desk(given: Raw, gate: str) -> Desk:
    records = map(pull_records.pulled_record, given["pulled_records"])
    directory = PullDirectory(pulled={r.image_ref: r for r in records})
    return Desk(
        _runtime(given),
        KubeletConfiguration(
            registry_pull_qps=given["qps"], registry_burst=given["burst"]
        ),
        BackOff(given["backoff_base_s"] * SECOND, given["backoff_max_s"] * SECOND),
        ImagePullManager(
            directory=directory, repository_of=PROFILES[VERSION].repository_of
        )
        if gate == "on"
        else None,
        GivenCredentials(given),
    )


@dataclass
class RequestRuntime(TableRuntime):
    """A runtime that serves each request of a case as that request says."""

    requests: dict[int, Raw] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)

    def pull_image(
        self, asked: PullImageRequest
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Take the request's time, then fail or store."""
        image, request = asked.image, self.requests[asked.pod_id]
        self.starts[asked.pod_id] = self.env.now
        yield self.env.timeout(request["pull_s"] * SECOND)
        if request["pull_error"] is not None:
            return PullResult(error=request["pull_error"])
        self.store(pull_form(image), Entry(id=image, size=1, pull_us=0))
        return PullResult(image_ref=image, digest=image)


def pull_concurrency(data: Raw) -> Iterator[Step]:
    """Many requests before a puller with a limit."""
    given = data["input"]
    runtime = RequestRuntime(env=Clock(), table={})
    for image in given["present"]:
        runtime.store(pull_form(image), Entry(id=image, size=1, pull_us=0))
    config = KubeletConfiguration(
        serialize_image_pulls=False,
        max_parallel_image_pulls=given["max_parallel"],
        registry_pull_qps=0,
    )
    desk = Desk(runtime, config, image_back_off())
    ours: list[Raw] = [{} for _ in given["requests"]]

    def ask(number: int, request: Raw) -> Generator[simpy.Event, Any, None]:
        # The number stands for the request, so that each gets its own answer.
        name = request["pod"]
        pod_id = desk.log.names.id(f"default/{name}/{number}")
        runtime.requests[pod_id] = request
        pod = bare_pod(name, pod_id, PodSpec(containers=()))
        result = yield from desk.ensure(
            pod, request["image"], request["policy"], request["at_s"]
        )
        start_us = runtime.starts.get(pod_id)
        ours[number] = {
            "pull_start_s": None if start_us is None else start_us / SECOND,
            "end_s": desk.env.now / SECOND,
            "reason": str(result.reason) or None,
        }

    for number, request in enumerate(given["requests"]):
        desk.env.process(ask(number, request))
    desk.env.run()
    expected = data["expect"]["requests"]
    for number, (mine, theirs) in enumerate(zip(ours, expected, strict=True)):
        yield Step(f"request {number}", mine, theirs)


EVENTS = {"Pulling": "Pulling", "Failed to pull": "PullFailed", "Back-off": "BackOff"}


def bad_image_timeline(data: Raw) -> Iterator[Step]:
    """A new pod whose image never comes, on a whole kubelet without chance."""
    given = data["input"]
    env = Clock()
    book = StatusBook(now=lambda: max(0, env.now - ORIGIN_US))
    log = EventLog(lambda: env.now)
    image = "registry.example.com/app:v1"
    entry = Entry(
        id="id", size=1, pull_us=given["pull_fails_after_s"] * SECOND, error="bad"
    )
    first_sync_us = (given["sandbox_s"] + given["pull_fails_after_s"]) * SECOND
    kubelet = make_kubelet(
        env,
        log,
        log.names.id("node"),
        Dependencies(
            api=book,
            config=KubeletConfiguration(
                serialize_image_pulls=False, registry_pull_qps=0
            ),
            images=TableRuntime(env=env, table={image: entry}),
            credentials=Anonymous(),
            pull_manager=ImagePullManager(),
            timings=FixedTimings(sandbox=given["sandbox_s"] * SECOND),
            clockwork=Clockwork(
                start_us=ORIGIN_US,
                # The first relist notices the sandbox; sync 2 starts at its end.
                pleg_phase_us=first_sync_us
                + given["second_sync_delay_s"] * SECOND
                - LOOK_US,
                requeue=lambda *_: round(given["requeue_delay_s"] * SECOND),
                coin=lambda _: 1.0,
                tie=lambda: 0.0,
                tick_us=given["tick_s"] * SECOND,
            ),
            image_backoff=BackOff(
                given["backoff_base_s"] * SECOND, given["backoff_max_s"] * SECOND
            ),
        ),
    )
    container = Container(name="app", image=image, image_pull_policy="IfNotPresent")
    spec = PodSpec(containers=(container,))
    kubelet.pod_added(bare_pod("pod", log.names.id("default/pod"), spec))
    env.run(until=ORIGIN_US + given["horizon_s"] * SECOND + 1)
    yield Step("events", _told(log), data["expect"]["events"])
    yield Step("reasons", _reasons(book), data["expect"]["waiting_reason"])


def _told(log: EventLog) -> list[list[object]]:
    told: list[list[object]] = []
    for event in kubernetes_events(log, {}):
        for beginning, what in EVENTS.items():
            if event.message.startswith(beginning):
                told.append([(event.time_us - ORIGIN_US) / SECOND, what])
    return told


def _reasons(book: StatusBook) -> list[list[object]]:
    """The changes of the published waiting reason."""
    changes: list[list[object]] = []
    for time_us, _, status in book.writes:
        assert status is not None
        reason = str(status.containers[0].reason)
        if not changes or changes[-1][1] != reason:
            changes.append([time_us / SECOND, reason])
    return changes


ADAPTERS: dict[str, Adapter] = {
    "bad_image_timeline": bad_image_timeline,
    "ensure_image": ensure_image,
    "pull_concurrency": pull_concurrency,
}
