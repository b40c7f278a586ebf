"""Admission: defaults, AlwaysPullImages and ServiceAccount, as the API server asks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.rules import always_pull_images, service_account
from sim.rules.admission import AdmissionError, Operation, Request
from sim.rules.pull_policy import Place, PullField, defaulted
from sim.rules.service_account import PodAccount
from sim.scenario.model import Container, Deployment, PodSpec, PodTemplate
from tests.conformance.harness import Adapter, Step

Facts = dict[str, Any]
Rule = Callable[[Facts], Facts]
WEB = "default/deployment/web"
PLACES = {
    "containers": Place.REGULAR,
    "initContainers": Place.INIT,
    "ephemeralContainers": Place.EPHEMERAL,
    "volumes.image": Place.IMAGE_VOLUME,
    "template.containers": Place.REGULAR,
    "template.initContainers": Place.INIT,
    "regular": Place.REGULAR,
    "init": Place.INIT,
    "ephemeral": Place.EPHEMERAL,
    "image_volume": Place.IMAGE_VOLUME,
}


def _adapter(rule: Rule) -> Adapter:
    def run(data: Facts) -> Iterator[Step]:
        yield Step("answer", rule(data["input"]), data["expect"])

    return run


# --- defaults ---


def _defaulted(where: str, image: str, policy: str) -> str:
    (field,) = defaulted([_field(where, image, policy)])
    return field.policy


def _field(where: str, image: str, policy: str, index: int = 0) -> PullField:
    return PullField(place=PLACES[where], index=index, image=image, policy=policy)


def _container(given: Facts) -> Facts:
    policy = _defaulted("containers", given["image"], given["imagePullPolicy"])
    return {"imagePullPolicy": policy}


def _volume(given: Facts) -> Facts:
    policy = _defaulted("volumes.image", given["reference"], given["pullPolicy"])
    return {"pullPolicy": policy}


def _sequence(given: Facts) -> Facts:
    """Write an object, then edit it, through the API server."""
    env = Clock()
    log = EventLog(lambda: env.now)
    api = APIServer(env, log, Streams(1))
    controller = DeploymentController(env, log, api)
    api.workloads["deployment"] = controller
    for step in given["steps"]:
        policy = step.get("imagePullPolicy", "")
        match step["op"]:
            case "set_image":
                images = {"c": step["image"]}
                api.set_image("default", "deployment", "web", images, -1)
            case "set_policy":
                (container,) = controller.deployments[WEB].spec.template.spec.containers
                api.replace(_deployment(container.image, policy), -1)
            case "create" | "replace":
                api.replace(_deployment(step["image"], policy), -1)
            case op:
                raise ValueError(f"no such step: {op}")
    (container,) = controller.deployments[WEB].spec.template.spec.containers
    return {"imagePullPolicy": container.image_pull_policy}


def _deployment(image: str, policy: str) -> Deployment:
    container = Container(name="c", image=image, image_pull_policy=policy)
    template = PodTemplate(
        labels={}, annotations={}, spec=PodSpec(containers=(container,))
    )
    return Deployment(namespace="default", name="web", replicas=1, template=template)


# --- AlwaysPullImages ---


def _request(given: Facts, *fields: PullField, name: str = "p") -> Request:
    return Request(
        operation=Operation(given["operation"]),
        name=name,
        fields=fields,
        resource=given.get("resource", "pods"),
        subresource=given.get("subresource", ""),
    )


def _admit(given: Facts) -> Facts:
    field = _field(given["where"], given["image"], given["policy"])
    (after,) = always_pull_images.admit(_request(given, field))
    return {"policy": after.policy}


def _validate(given: Facts) -> Facts:
    index = given["index"]
    policies = ["Always"] * index + [given["policy"]]
    fields = [_field(given["where"], "i", p, n) for n, p in enumerate(policies)]
    error = _refusal(_request(given, *fields, name=given["pod_name"]))
    return {"allowed": error is None, "error": error}


def _refusal(request: Request) -> str | None:
    try:
        always_pull_images.validate(request)
    except AdmissionError as error:
        return str(error)
    return None


def _ignored(given: Facts) -> Facts:
    request = _request(given, _field("containers", "image", given["policy"] or ""))
    if given["object_kind"] != "Pod":
        request = replace(request, fields=None)
    try:
        fields = always_pull_images.admit(request)
    except AdmissionError:
        return {"accepted": False, "policy": None}
    return {"accepted": True, "policy": fields[0].policy if fields else None}


def _update(given: Facts) -> Facts:
    old, new = (
        [_field("containers", image, given["policy"], n) for n, image in enumerate(i)]
        for i in (given["old_images"], given["new_images"])
    )
    request = replace(_request(given, *new), old=tuple(old))
    policies = [field.policy for field in always_pull_images.admit(request)]
    # All fields were alike; if they no longer are, the whole list shows it.
    alike = len(set(policies)) == 1
    return {"policy": policies[0] if alike else policies}


# --- ServiceAccount ---


def _pull_secrets(given: Facts) -> Facts:
    account, pod = given["service_account"], given["pod"]
    known = {account["name"]: tuple(account["imagePullSecrets"])}
    result, error = _account(
        PodAccount(
            namespace="default",
            name="p",
            service_account=pod["serviceAccountName"],
            pull_secrets=tuple(pod["imagePullSecrets"]),
            mirror=pod["mirror_pod"],
        ),
        known if account["exists"] else {},
        enforce=given["limit_secret_references"],
    )
    return {
        "allowed": result is not None,
        "serviceAccountName": result and result.service_account,
        "imagePullSecrets": result and list(result.pull_secrets),
        "error": error,
    }


def _account(
    pod: PodAccount, accounts: dict[str, tuple[str, ...]], *, enforce: bool = False
) -> tuple[PodAccount | None, str | None]:
    try:
        found = service_account.admit(pod, accounts, enforce_mountable_secrets=enforce)
    except AdmissionError as error:
        return None, str(error)
    return found, None


class Containing:
    """An error text of which a case knows a part; None = it is not checked."""

    def __init__(self, part: str | None) -> None:
        self.part = part

    def __eq__(self, other: object) -> bool:
        return self.part is None or self.part in str(other)

    __hash__ = None  # type: ignore[assignment]


def service_account_pull_secrets(data: Facts) -> Iterator[Step]:
    """Copy an account's secrets; of an error text the case knows a part."""
    ours = _pull_secrets(data["input"])
    error = ours.pop("error")
    theirs = dict(data["expect"])
    part = theirs.pop("error_contains")
    yield Step("answer", ours, theirs)
    yield Step("error", error, Containing(part))


# --- golden: all three on one object ---


def admission_defaults(data: Facts) -> Iterator[Step]:
    """Default an object; for a pod, run each plug-in on what comes out."""
    counts: dict[str, int] = {}
    fields = []
    for where, image, policy in data["containers"]:
        fields.append(_field(where, image, policy, counts.get(where, 0)))
        counts[where] = fields[-1].index + 1
    stored = defaulted(fields)
    yield Step("defaulted", _policies(stored), data["defaulted"])
    for step in data.get("always_pull_images", ()):
        ours = _create(stored) if step["op"] == "create" else _edit(stored, step)
        theirs = {name: step[name] for name in ours}
        yield Step(f"AlwaysPullImages {step['op']}", ours, theirs)
    if "service_account" in data:
        yield from _accounts(data["service_account"])


def _policies(fields: tuple[PullField, ...]) -> list[str]:
    return [field.policy for field in fields]


def _create(stored: tuple[PullField, ...]) -> Facts:
    request = Request(operation=Operation.CREATE, name="p", fields=stored)
    return _phases(request)


def _edit(stored: tuple[PullField, ...], step: Facts) -> Facts:
    new = stored
    if "container" in step:
        wanted = int(step["container"].removeprefix("c")) - 1
        new = tuple(
            replace(field, image=step["image"])
            if field.place is Place.REGULAR and field.index == wanted
            else field
            for field in stored
        )
    request = Request(
        operation=Operation.UPDATE,
        name="p",
        fields=new,
        old=stored,
        subresource=step["subresource"],
    )
    ours = _phases(request)
    del ours["validate_after"]
    return ours


def _phases(request: Request) -> Facts:
    before = _refusal(request) is None
    fields = always_pull_images.admit(request)
    after = _refusal(replace(request, fields=fields)) is None
    return {
        "admit_error": None,
        "policies": _policies(fields),
        "validate_before": before,
        "validate_after": after,
    }


def _accounts(given: Facts) -> Iterator[Step]:
    pod = PodAccount(
        namespace="default",
        name="p",
        service_account=given["pod_service_account"],
        pull_secrets=tuple(given["pod_pull_secrets"]),
        mirror=given["mirror_pod"],
    )
    accounts = {name: tuple(found) for name, found in given["service_accounts"].items()}
    result, error = _account(pod, accounts)
    yield Step("error", error, given["error"])
    if result is not None:
        ours = result.service_account, list(result.pull_secrets)
        theirs = given["result_service_account"], given["result_pull_secrets"]
        yield Step("account", ours, theirs)


RULES: dict[str, Rule] = {
    "admission.default-pull-policy": _container,
    "admission.default-pull-policy-empty-object": _container,
    "admission.default-image-volume-pull-policy": _volume,
    "admission.pull-policy-sequence": _sequence,
    "admission.always-pull.admit": _admit,
    "admission.always-pull.validate": _validate,
    "admission.always-pull.ignored": _ignored,
    "admission.always-pull.update": _update,
}
ADAPTERS: dict[str, Adapter] = {
    **{kind: _adapter(rule) for kind, rule in RULES.items()},
    "admission.service-account.pull-secrets": service_account_pull_secrets,
    "admission_defaults": admission_defaults,
}
