"""A section of the file in the form that the statements use."""

from dataclasses import dataclass, field
from typing import Self

from sweeper.postgres.templates import Choices, Slots


@dataclass(frozen=True)
class Facts:
    """Slots of the statements, and the choices of their conditions and repetitions."""

    slots: Slots = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)

    def __or__(self, other: Self) -> Self:
        return type(self)({**self.slots, **other.slots}, {**self.choices, **other.choices})
