"""Values that are made by the hundred thousand: dataclasses that cost little to make.

``@dataclass(frozen=True)`` guards its fields when the program runs, at five times the
price of setting them. Here the type checker alone guards them.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a slotted dataclass by keywords that nobody may change."""
    return dataclass(kw_only=True, slots=True, unsafe_hash=True)(cls)
