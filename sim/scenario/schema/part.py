"""What every part of a scenario has in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Every part of a scenario: unknown keys are mistakes."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        defer_build=True,  # only the whole is ever validated
    )
