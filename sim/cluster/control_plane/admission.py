"""The API server's admission: what it fills in and refuses when a pod is written.

The decisions are ``sim/rules``'; here a pod's spec is turned into what they look at,
and back. Order as upstream: defaults, ServiceAccount, AlwaysPullImages; validation
last.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sim.rules import always_pull_images, service_account
from sim.rules.admission import AdmissionError, Operation, Request
from sim.rules.pod_validation import image_error
from sim.rules.pull_policy import Place, PullField, defaulted
from sim.rules.service_account import PodAccount
from sim.scenario.model import PodSpec, PodTemplate

IMMUTABLE = (
    "spec: Forbidden: pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if "
    "it was previously negative)"
)


SHARED_SPECS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """What was stored for a spec, under these accounts of its namespace."""

    asked: PodSpec
    accounts: Mapping[str, tuple[str, ...]] | None
    spec: PodSpec


class Admission:
    """The plug-ins of one API server.

    ``accounts`` are namespace -> account -> pull secrets; the account ``default`` of
    every namespace is there without being written. ``image_volumes`` is the feature
    gate ImageVolume.
    """

    __slots__ = ("_always_pull_images", "_image_volumes", "_stored", "accounts")

    def __init__(self, plugins: tuple[str, ...], *, image_volumes: bool = True) -> None:
        self._always_pull_images = always_pull_images.NAME in plugins
        self._image_volumes = image_volumes
        # (namespace, id of a spec) -> what all pods of this spec get, see ``stored``
        self._stored: dict[tuple[str, int], _Stored] = {}
        self.accounts: dict[str, dict[str, tuple[str, ...]]] = {}

    def template(self, template: PodTemplate) -> PodTemplate:
        """Fill in a workload's template; plug-ins leave it alone."""
        spec = template.spec
        return replace(template, spec=_with(spec, defaulted(pull_fields(spec))))

    def stored(
        self,
        namespace: str,
        name: str,
        spec: PodSpec,
        finish: Callable[[str, str], str],
    ) -> tuple[str, PodSpec]:
        """Admit and validate a new pod; return its whole name and its spec as stored.

        ``finish`` makes the whole name of ``name`` once plug-ins are content. Pods of
        one template share one spec: none of it depends on the name. Raises
        ``AdmissionError``.
        """
        accounts = self.accounts.get(namespace)
        known = self._stored.get((namespace, id(spec)))
        if known is not None and known.asked is spec and known.accounts == accounts:
            return finish(namespace, name), known.spec
        spec_stored = self.create(namespace, name, spec)
        whole = finish(namespace, name)
        self.validate(whole, spec_stored)
        if len(self._stored) >= SHARED_SPECS:
            self._stored.clear()
        self._stored[namespace, id(spec)] = _Stored(
            asked=spec, accounts=dict(accounts) if accounts else None, spec=spec_stored
        )
        return whole, spec_stored

    def create(self, namespace: str, name: str, spec: PodSpec) -> PodSpec:
        """Return a new pod's spec as it is stored; raises ``AdmissionError``.

        ``name`` is the beginning of the name if the rest is yet to be generated.
        """
        account = service_account.admit(
            PodAccount(
                namespace=namespace,
                name=name,
                service_account=spec.service_account,
                pull_secrets=spec.image_pull_secrets,
            ),
            self.accounts_of(namespace),
        )
        if not self._image_volumes:
            # With the gate off the field is dropped without a word.
            spec = replace(spec, image_volumes=())
        fields = defaulted(pull_fields(spec))
        request = Request(operation=Operation.CREATE, name=name, fields=fields)
        return replace(
            _with(spec, self._pulled_always(request)),
            service_account=account.service_account,
            image_pull_secrets=account.pull_secrets,
        )

    @staticmethod
    def validate(name: str, spec: PodSpec) -> None:
        """Check a pod under its whole name; raises ``AdmissionError``."""
        error = image_error(name, pull_fields(spec))
        if error:
            raise AdmissionError(error)

    def update(self, name: str, old: PodSpec, new: PodSpec) -> PodSpec:
        """Return an edited pod's spec; raises ``AdmissionError``.

        A new image under AlwaysPullImages sets every policy to Always; validation
        then refuses the edit if one was not, for policies cannot change.
        """
        before = pull_fields(old)
        request = Request(
            operation=Operation.UPDATE, name=name, fields=pull_fields(new), old=before
        )
        after = self._pulled_always(request)
        if [field.policy for field in after] != [field.policy for field in before]:
            raise AdmissionError(f'Pod "{name}" is invalid: {IMMUTABLE}')
        self.validate(name, new)
        return _with(new, after)

    def accounts_of(self, namespace: str) -> Mapping[str, tuple[str, ...]]:
        """Return a namespace's accounts with their pull secrets."""
        return {service_account.DEFAULT: (), **self.accounts.get(namespace, {})}

    def _pulled_always(self, request: Request) -> tuple[PullField, ...]:
        if not self._always_pull_images:
            return request.fields or ()
        fields = always_pull_images.admit(request)
        always_pull_images.validate(replace(request, fields=fields))
        return fields


def pull_fields(spec: PodSpec) -> tuple[PullField, ...]:
    """Return the images of a pod, as the plug-ins see them."""
    lists = (
        (Place.INIT, [(c.image, c.image_pull_policy) for c in spec.init_containers]),
        (Place.REGULAR, [(c.image, c.image_pull_policy) for c in spec.containers]),
        (
            Place.IMAGE_VOLUME,
            [(v.reference, v.pull_policy) for v in spec.image_volumes],
        ),
    )
    return tuple(
        PullField(place=place, index=index, image=image, policy=policy)
        for place, found in lists
        for index, (image, policy) in enumerate(found)
    )


def _with(spec: PodSpec, fields: tuple[PullField, ...]) -> PodSpec:
    """Put policies back where ``pull_fields`` took them from."""
    policies: dict[Place, list[str]] = defaultdict(list)
    for field in fields:
        policies[field.place].append(field.policy)
    containers = zip(spec.containers, policies[Place.REGULAR], strict=True)
    init = zip(spec.init_containers, policies[Place.INIT], strict=True)
    volumes = zip(spec.image_volumes, policies[Place.IMAGE_VOLUME], strict=True)
    return replace(
        spec,
        containers=tuple(replace(c, image_pull_policy=p) for c, p in containers),
        init_containers=tuple(replace(c, image_pull_policy=p) for c, p in init),
        image_volumes=tuple(replace(v, pull_policy=p) for v, p in volumes),
    )
