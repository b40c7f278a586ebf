"""What the API server refuses in a Secret that holds a docker config.

Source: pkg/apis/core/validation/validation.go, ValidateSecret.
"""

from collections.abc import Mapping

from sim.rules.docker_config import (
    CONFIG_JSON_KEY,
    CONFIG_JSON_TYPE,
    DOCKERCFG_KEY,
    DOCKERCFG_TYPE,
    DockerConfigError,
    check_json_object,
)
from sim.rules.field_error import FieldError, invalid, required

REDACTED = "<secret contents redacted>"
_KEYS = {CONFIG_JSON_TYPE: CONFIG_JSON_KEY, DOCKERCFG_TYPE: DOCKERCFG_KEY}


def validate_secret(kind: str, data: Mapping[str, str]) -> FieldError | None:
    """Return what is wrong with a secret of this type, or None.

    The key of its type must be there and hold a JSON object; nothing deeper is
    looked at, so a bad ``auth`` fails on the node only.
    """
    key = _KEYS.get(kind)
    if key is None:
        return None
    field = f"data[{key}]"
    if key not in data:
        return required(field)
    try:
        check_json_object(data[key])
    except DockerConfigError as error:
        return invalid(field, REDACTED, str(error))
    return None
