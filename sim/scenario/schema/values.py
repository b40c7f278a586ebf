"""How single values are written: durations, sizes, rates, counts, true and false."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from sim.rules.durations import parse_go_duration
from sim.units import parse_rate, parse_size


def _duration(value: Any) -> Any:
    return parse_go_duration(value) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    return value if value == "end" else _duration(value)


def _size(value: Any) -> Any:
    return parse_size(value) if isinstance(value, str) else value


def _rate(value: Any) -> Any:
    return parse_rate(value) if isinstance(value, str) else value


def _boolean(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("expected true or false")


def _text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "examples": list(examples)}
    )


Duration = Annotated[
    int, BeforeValidator(_duration), _text_schema(r"^[0-9].*$", "30s", "5m", "1h30m")
]
Moment = Annotated[
    int | str,
    BeforeValidator(_moment),
    _text_schema(r"^([0-9].*|end)$", "14m", "end"),
]
Size = Annotated[
    int, BeforeValidator(_size), _text_schema(r"^[0-9].*$", "74MB", "100Gi")
]
Rate = Annotated[
    int, BeforeValidator(_rate), _text_schema(r"^[0-9].*$", "1Gbit", "125MB/s")
]
Flag = Annotated[bool, BeforeValidator(_boolean), WithJsonSchema({"type": "boolean"})]
Count = Annotated[int, Field(ge=0)]
