"""What happens to secrets: they are created, changed, deleted."""

from collections.abc import Iterator

from sim.rules.kubectl_create_secret import CreateSecretError
from sim.scenario import model
from sim.scenario.acts.act import Act
from sim.scenario.declared import Declared
from sim.scenario.faults import at
from sim.scenario.manifests.object_reader import ObjectReader
from sim.scenario.manifests.secret_objects import registry_secret, secret
from sim.scenario.reader import Mapping
from sim.scenario.schema.timeline import SecretPart


def apply(act: Act, declared: Declared) -> Iterator[model.ApplySecret]:
    """Yield a secret as it is from then on: a Secret object, or its short form."""
    written = at(act.tree, act.here)
    part = getattr(act.part, act.verb)
    assert isinstance(written, Mapping)  # noqa: S101 - the schema has it so
    assert isinstance(part, SecretPart)  # noqa: S101 - same reason
    if "metadata" in written.items:
        reader = ObjectReader(written, declared.mistakes.faults)
        name = reader.text("metadata", "name", required=True)
        namespace = reader.text("metadata", "namespace") or "default"
        made = secret(namespace, name, reader)
        yield model.ApplySecret(at_us=act.part.at, secret=made)
    else:
        yield from _short(part, act, declared)


def _short(
    part: SecretPart, act: Act, declared: Declared
) -> Iterator[model.ApplySecret]:
    values = (part.name, part.server, part.username, part.password)
    if any(value is None for value in values):
        declared.mistakes.fault(
            "a secret is a Secret object, or name, server, username and password",
            *act.here,
        )
        return
    name, server, username, password = (str(value) for value in values)
    try:
        made = registry_secret(
            part.namespace, name, server, username, password, part.email
        )
    except CreateSecretError as error:
        declared.mistakes.fault(f"error: {error}", *act.here)
    else:
        yield model.ApplySecret(at_us=act.part.at, secret=made)


def delete(act: Act, _: Declared) -> Iterator[model.DeleteSecret]:
    """Yield the deletion of ``NAME`` or ``NAMESPACE/NAME``."""
    namespace, _slash, name = act.text.rpartition("/")
    yield model.DeleteSecret(
        at_us=act.part.at, namespace=namespace or "default", name=name
    )
