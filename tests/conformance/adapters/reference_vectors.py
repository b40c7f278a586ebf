"""The small cases on image references, names and default policies."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.rules import reference as rules
from sim.rules.image_name import ImageNameError, apply_default_tag, parse_image_name
from sim.rules.pull_policy import PullPolicy, default_pull_policy
from sim.rules.reference import ImageReferenceError, Reference
from sim.rules.runtime_errors import pull_failure
from sim.scenario.model import Container, Deployment, PodSpec, PodTemplate
from tests.conformance.harness import Adapter, Step

Facts = dict[str, Any]
WEB = "default/deployment/web"
Rule = Callable[[Facts], Facts]


def _adapter(rule: Rule) -> Adapter:
    """Ask a rule about the input; every member of its answer must be as expected."""

    def run(data: dict[str, Any]) -> Iterator[Step]:
        ours: Facts = {"ok": True}
        try:
            ours |= rule(data["input"])
        except (ImageReferenceError, ImageNameError) as error:
            library = error.__cause__ or error
            ours = {"ok": False}
            if isinstance(library, ImageReferenceError):
                ours["error"] = str(library.kind)
        for name, theirs in data["expect"].items():
            yield Step(name, ours.get(name), theirs)

    return run


def _parts(reference: Reference) -> Facts:
    return {
        "repository": reference.name,
        "domain": reference.domain,
        "path": reference.path,
        "tag": reference.tag or "",
        "digest": reference.digest or "",
    }


def _parse(given: Facts) -> Facts:
    return _parts(rules.parse(given["reference"]))


def _name_only(given: Facts) -> Facts:
    return _parts(rules.with_name(given["name"]))


def _compose(given: Facts) -> Facts:
    composed = rules.compose(given["name"], tag=given["tag"], digest=given["digest"])
    return {"string": str(composed)}


def _canonical(given: Facts) -> Facts:
    return _parts(rules.parse_canonical(given["reference"]))


def _domain(given: Facts) -> Facts:
    return {"match": rules.DOMAIN_PATTERN.fullmatch(given["text"]) is not None}


def _identifier(given: Facts) -> Facts:
    return {"match": rules.IDENTIFIER_PATTERN.fullmatch(given["text"]) is not None}


def _name(given: Facts) -> Facts:
    match = rules.NAME_PATTERN.fullmatch(given["text"])
    if match is None:
        return {"match": False}
    return {"match": True, "domain": match[1] or "", "path": match[2]}


def _reference(given: Facts) -> Facts:
    match = rules.REFERENCE_PATTERN.fullmatch(given["text"])
    if match is None:
        return {"match": False}
    name, tag, digest = (match[n] or "" for n in (1, 2, 3))
    return {"match": True, "name": name, "tag": tag, "digest": digest}


def _normalize(given: Facts) -> Facts:
    parsed = rules.parse_normalized(given["reference"])
    forms = {"canonical": str(parsed), "familiar": rules.familiar(parsed)}
    return _parts(parsed) | forms


def _any(given: Facts) -> Facts:
    parsed = rules.parse_any(given["reference"])
    return {"string": str(parsed), "digest_only": isinstance(parsed, str)}


def _pull_form(given: Facts) -> Facts:
    return {"string": rules.pull_form(given["reference"])}


def _familiar_match(given: Facts) -> Facts:
    parsed = rules.parse_normalized(given["reference"])
    return {"match": rules.familiar_match(given["pattern"], parsed)}


def _image_name(given: Facts) -> Facts:
    name = parse_image_name(given["image"])
    return {"repository": name.repository, "tag": name.tag, "digest": name.digest}


def _kubelet_image(given: Facts) -> Facts:
    try:
        sent = apply_default_tag(given["image"])
    except ImageNameError:
        return {
            "ok": False,
            "waiting_reason": "InvalidImageName",
            "event_reason": "InspectFailed",
        }
    return {"sent_to_cri": sent, "runtime_pull_form": rules.pull_form(sent)}


def _default_tag(given: Facts) -> Facts:
    return {"image_sent_to_runtime": apply_default_tag(given["image"])}


def _error_mapping(given: Facts) -> Facts:
    failure = pull_failure(given["image"], given["runtime_error"])
    return {"reason": str(failure.reason), "message": failure.message}


def _policy(image: str, policy: str) -> str:
    return str(PullPolicy(policy) if policy else default_pull_policy(image))


def _default_policy(given: Facts) -> Facts:
    return {"imagePullPolicy": _policy(given["image"], given["imagePullPolicy"])}


def _volume_policy(given: Facts) -> Facts:
    return {"pullPolicy": _policy(given["reference"], given["pullPolicy"])}


def _policy_sequence(given: Facts) -> Facts:
    """Write an object, then edit it, through the API server."""
    env = Clock()
    log = EventLog(lambda: env.now)
    api = APIServer(env, log, Streams(1))
    controller = DeploymentController(env, log, api)
    api.workloads["deployment"] = controller
    for step in given["steps"]:
        if step["op"] == "set_image":
            template = controller.deployments[WEB].spec.template
            (container,) = template.spec.containers
            changed = replace(container, image=step["image"])
            spec = replace(template.spec, containers=(changed,))
            controller.set_template(WEB, replace(template, spec=spec), -1)
        else:
            api.replace(_deployment(step["image"], step["imagePullPolicy"]), -1)
    (container,) = controller.deployments[WEB].spec.template.spec.containers
    return {"imagePullPolicy": container.image_pull_policy}


def _deployment(image: str, policy: str) -> Deployment:
    container = Container(name="c", image=image, image_pull_policy=policy)
    spec = PodSpec(containers=(container,))
    template = PodTemplate(labels={}, annotations={}, spec=spec)
    return Deployment(namespace="default", name="web", replicas=1, template=template)


RULES: dict[str, Rule] = {
    "reference.parse": _parse,
    "reference.name-only": _name_only,
    "reference.compose": _compose,
    "reference.parse-canonical": _canonical,
    "reference.domain-pattern": _domain,
    "reference.identifier-pattern": _identifier,
    "reference.name-pattern": _name,
    "reference.reference-pattern": _reference,
    "reference.normalize-valid": _normalize,
    "reference.normalize": _normalize,
    "reference.parse-any": _any,
    "reference.pull-form": _pull_form,
    "reference.familiar-match": _familiar_match,
    "k8s.parse-image-name": _image_name,
    "k8s.kubelet-image": _kubelet_image,
    "default_tag": _default_tag,
    "runtime_error_mapping": _error_mapping,
    "admission.default-pull-policy": _default_policy,
    "admission.default-pull-policy-empty-object": _default_policy,
    "admission.default-image-volume-pull-policy": _volume_policy,
    "admission.pull-policy-sequence": _policy_sequence,
}
ADAPTERS: dict[str, Adapter] = {kind: _adapter(rule) for kind, rule in RULES.items()}
