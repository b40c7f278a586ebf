"""Secrets: as objects, and as ``kubectl create secret docker-registry`` makes them."""

import base64
import binascii

from sim.rules.kubectl_create_secret import (
    CreateRegistrySecret,
    create_registry_secret,
)
from sim.rules.secret_validation import validate_secret
from sim.scenario import model
from sim.scenario.manifests.object_reader import ObjectReader


def secret(namespace: str, name: str, reader: ObjectReader) -> model.Secret:
    """Return a Secret; ``data`` is decoded, ``stringData`` wins."""
    data: dict[str, str] = {}
    for key, value in reader.texts("data").items():
        try:
            data[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            reader.fault(f"data.{key} is not base64 of a text", "data", key)
    data |= reader.texts("stringData")
    kind = reader.text("type") or "Opaque"
    refused = validate_secret(kind, data)
    if refused is not None:
        reader.fault(f'Secret "{name}" is invalid: {refused}', "data")
    return model.Secret(namespace=namespace, name=name, type=kind, data=data)


def registry_secret(
    namespace: str, name: str, server: str, username: str, password: str, email: str
) -> model.Secret:
    """Return the Secret that ``kubectl create secret docker-registry`` makes.

    Raises ``CreateSecretError``.
    """
    made = create_registry_secret(
        CreateRegistrySecret(
            name=name, server=server, username=username, password=password, email=email
        )
    )
    return model.Secret(
        namespace=namespace, name=made.name, type=made.type, data=made.data
    )
