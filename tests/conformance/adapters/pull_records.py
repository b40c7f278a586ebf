"""Pull intents and pulled records: single steps, and whole lives of a directory."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sim.cluster.kubelet.image_pull_manager import (
    CredentialError,
    ImagePullManager,
    PullDirectory,
)
from sim.rules.pull_records import (
    Identities,
    PullCredentials,
    PulledRecord,
    SecretCoordinates,
    ServiceAccountCoordinates,
    merge_record,
    record_file_name,
)
from sim.units import SECOND
from tests.conformance.harness import Adapter, Step

Raw = dict[str, Any]
LONG_LIST = 12


def secret(raw: Raw) -> SecretCoordinates:
    return SecretCoordinates(
        namespace=raw["namespace"],
        name=raw["name"],
        uid=raw["uid"],
        hash=raw.get("hash", ""),
    )


def account(raw: Raw) -> ServiceAccountCoordinates:
    return ServiceAccountCoordinates(
        namespace=raw["namespace"], name=raw["name"], uid=raw["uid"]
    )


def _credentials(raw: Raw) -> PullCredentials:
    return PullCredentials(
        node_wide=bool(raw.get("node_wide") or raw.get("node_pods_accessible")),
        secrets=tuple(map(secret, raw.get("secrets", ()))),
        service_accounts=tuple(map(account, raw.get("service_accounts", ()))),
    )


def pulled_record(raw: Raw) -> PulledRecord:
    images = {name: _credentials(value) for name, value in raw["map"].items()}
    return PulledRecord(image_ref=raw["imageRef"], updated_us=0, images=images)


def _directory(refs: Sequence[str], updated_us: int = 0) -> PullDirectory:
    pulled = {
        ref: PulledRecord(image_ref=ref, updated_us=updated_us, images={})
        for ref in refs
    }
    return PullDirectory(pulled=pulled)


def _sorted(images: dict[str, PullCredentials]) -> dict[str, object]:
    return {
        name: (c.node_wide, sorted(c.secrets), sorted(c.service_accounts))
        for name, c in images.items()
    }


def must_pull(data: Raw) -> Iterator[Step]:
    """Decide whether a present image must be pulled again."""
    given = data["input"]
    directory = PullDirectory(
        intents=dict.fromkeys(given["pull_intents"]),
        pulled={raw["imageRef"]: pulled_record(raw) for raw in given["pulled_records"]},
    )
    manager = ImagePullManager(given["verification_policy"], (), directory)
    secrets = tuple(map(secret, given["pod_secrets"]))
    ours = manager.must_attempt_image_pull(
        given["image"], given["local_image_ref"], lambda: Identities(secrets=secrets), 1
    )
    yield Step("must pull", ours, data["expect"]["must_pull"])


def record_intent(data: Raw) -> Iterator[Step]:
    """Begin one more pull of an image string."""
    image, before = data["input"]["image"], data["input"]["in_flight_before"]
    directory = PullDirectory()
    manager = ImagePullManager(directory=directory)
    for _ in range(before + 1):
        manager.record_pull_intent(image)
    (intent,) = directory.intents
    ours = {
        "in_flight_after": manager.intent_counts[image],
        "intent_key": record_file_name(intent),
        "intent_image": intent,
    }
    yield Step("intent", ours, data["expect"])


def record_pulled(data: Raw) -> Iterator[Step]:
    """Note a pull that has succeeded."""
    given, expected = data["input"], data["expect"]
    image, image_ref = given["image"], given["image_ref"]
    directory = PullDirectory(
        pulled={raw["imageRef"]: pulled_record(raw) for raw in given["pulled_records"]}
    )
    manager = ImagePullManager(directory=directory)
    for _ in range(given["in_flight"]):
        manager.record_pull_intent(image)
    directory.intents = dict.fromkeys(given["pull_intents"])
    before = directory.pulled.get(image_ref)
    manager.record_image_pulled(
        image, image_ref, _credentials(given["credentials"]), SECOND
    )
    record = directory.pulled[image_ref]
    left = manager.intent_counts.get(image, 0)
    yield Step("in flight", left, expected["in_flight_after"])
    yield Step("intent", image not in directory.intents, expected["intent_removed"])
    yield Step("updated", record is not before, expected["record_updated"])
    theirs = pulled_record(expected["record"])
    yield Step("ref", record.image_ref, theirs.image_ref)
    yield Step("record", _sorted(record.images), _sorted(theirs.images))


def restart_recovery(data: Raw) -> Iterator[Step]:
    """Start a kubelet with what a former one left."""
    given, expected = data["input"], data["expect"]
    directory = _directory(given["pulled_record_refs"])
    directory.intents = dict.fromkeys(given["pull_intents"])
    images = [
        (image["id"], [*image["tags"], *image["digests"]])
        for image in given["runtime_images"]
    ]
    ImagePullManager(directory=directory).recover(images, SECOND)
    new = [
        ref
        for ref, record in directory.pulled.items()
        if ref not in given["pulled_record_refs"] and not record.images
    ]
    ours = {
        "pull_intents_left": list(directory.intents),
        "pulled_record_refs": list(directory.pulled),
        "created_without_credentials": new,
    }
    for name, value in ours.items():
        yield Step(name, sorted(value), sorted(expected[name]))


def prune_records(data: Raw) -> Iterator[Step]:
    """End a pass of the image collector."""
    given = data["input"]
    updated_us = _moment(given["records_last_updated"])
    directory = _directory(given["pulled_record_refs"], updated_us)
    ImagePullManager(directory=directory).prune_unknown_records(
        given["images_listed"], _moment(given["gc_started"])
    )
    theirs = sorted(data["expect"]["pulled_record_refs_left"])
    yield Step("left", sorted(directory.pulled), theirs)


def _moment(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND)


def merge_credentials(data: Raw) -> Iterator[Step]:
    """Let new credentials join a record."""
    given, expected = data["input"], data["expect"]
    images = {name: _credentials(raw) for name, raw in given["record_map"].items()}
    before = PulledRecord(
        image_ref="ref", updated_us=given["last_updated_s"] * SECOND, images=images
    )
    after = merge_record(
        before,
        "ref",
        given["repository"],
        _credentials(given["new_credentials"]),
        given["now_s"] * SECOND,
    )
    theirs = {name: _credentials(raw) for name, raw in expected["record_map"].items()}
    yield Step("updated", after is not before, expected["updated"])
    yield Step("map", _sorted(after.images), _sorted(theirs))
    yield Step("time", after.updated_us, expected["last_updated_s"] * SECOND)


# --- the golden traces: one directory through several kubelets ---


class _Life:
    """One directory, and the manager of the moment."""

    def __init__(self, trace: Raw) -> None:
        self.directory = PullDirectory()
        self.policy = trace["policy"], trace.get("allowlist", ())
        self.manager = ImagePullManager(*self.policy, self.directory)

    def do(self, step: Raw) -> Raw:
        now_us = round(step["t_s"] * SECOND)
        match step["op"]:
            case "must_attempt":
                return self._must_attempt(step, now_us)
            case "intent":
                self.manager.record_pull_intent(step["image"])
            case "pulled":
                if step.get("intent_first"):
                    self.manager.record_pull_intent(step["image"])
                self.manager.record_image_pulled(
                    step["image"], step["image_ref"], _pulled_with(step), now_us
                )
            case "failed":
                self.manager.record_image_pull_failed(step["image"])
            case "prune":
                until_us = now_us + round(step["until_offset_s"] * SECOND)
                self.manager.prune_unknown_records(step.get("keep", ()), until_us)
            case _:
                assert step["op"] == "restart"
                self._restart(step, now_us)
        return {}

    def _must_attempt(self, step: Raw, now_us: int) -> Raw:
        asked = []

        def identities() -> Identities:
            asked.append(step)
            if step.get("credentials_error"):
                raise CredentialError(step["credentials_error"])
            given = step.get("service_account")
            return Identities(
                secrets=tuple(map(secret, step.get("secrets", ()))),
                service_account=account(given) if given else None,
            )

        error = ""
        try:
            must = self.manager.must_attempt_image_pull(
                step["image"], step.get("image_ref", ""), identities, now_us
            )
        except CredentialError as caught:
            must, error = True, str(caught)
        return {"must_pull": must, "error": error, "credentials_asked": bool(asked)}

    def _restart(self, step: Raw, now_us: int) -> None:
        self.manager = ImagePullManager(*self.policy, self.directory)
        images = [
            (raw["id"], [*raw.get("repo_tags", ()), *raw.get("repo_digests", ())])
            for raw in step.get("images", ())
        ]
        self.manager.recover(images, now_us)

    def state(self) -> Raw:
        pulled = {
            ref: {
                "images": {name: shown(c) for name, c in record.images.items()},
                "updated_s": record.updated_us // SECOND,
            }
            for ref, record in self.directory.pulled.items()
        }
        return {"intents": sorted(self.directory.intents), "pulled": pulled}


def _pulled_with(step: Raw) -> PullCredentials | None:
    given = step.get("credentials", "empty")
    if step.get("bulk_secrets"):
        return PullCredentials(
            secrets=tuple(
                SecretCoordinates(
                    namespace="bulk",
                    name=f"b{n:03}",
                    uid=f"bulk{n:03}",
                    hash=f"hb{n:03}",
                )
                for n in range(step["bulk_secrets"], 0, -1)
            )
        )
    if given == "none":
        return None
    return PullCredentials() if given == "empty" else _credentials(given)


def shown(credentials: PullCredentials) -> Raw:
    """Return credentials as the traces show them."""
    out: Raw = {}
    if credentials.node_wide:
        out["node_pods_accessible"] = True
    secrets = [
        {"namespace": s.namespace, "name": s.name, "uid": s.uid, "hash": s.hash}
        for s in credentials.secrets
    ]
    if len(secrets) > LONG_LIST:
        first, last = secrets[0]["name"], secrets[-1]["name"]
        out["secrets"] = {"count": len(secrets), "first": first, "last": last}
    elif secrets:
        out["secrets"] = secrets
    if credentials.service_accounts:
        out["service_accounts"] = [
            {"namespace": a.namespace, "name": a.name, "uid": a.uid}
            for a in credentials.service_accounts
        ]
    return out


def _plain(state: Raw) -> Raw:
    """Put what a trace leaves out back in."""
    pulled = {
        ref: {"images": record.get("images", {}), "updated_s": record["updated_s"]}
        for ref, record in state.get("pulled", {}).items()
    }
    return {"intents": sorted(state.get("intents", ())), "pulled": pulled}


def credential_verify(data: Raw) -> Iterator[Step]:
    """Take one node through pulls, checks, collections and restarts."""
    life = _Life(data)
    known: Raw = {}
    for number, step in enumerate(data["steps"]):
        where = f"step {number} {step['op']}"
        ours = life.do(step)
        known = step.get("state", known)
        theirs = {name: step.get(name, "") for name in ours}
        yield Step(where, ours, theirs)
        yield Step(f"{where} state", life.state(), _plain(known))
        counts = step.get("intent_counts", {})
        yield Step(f"{where} counts", life.manager.intent_counts, counts)


ADAPTERS: dict[str, Adapter] = {
    "must_pull": must_pull,
    "record_intent": record_intent,
    "record_pulled": record_pulled,
    "restart_recovery": restart_recovery,
    "prune_records": prune_records,
    "merge_credentials": merge_credentials,
    "credential_verify": credential_verify,
}
