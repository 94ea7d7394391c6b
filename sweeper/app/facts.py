"""What a section of the file says, in the form in which the statements ask for it."""

from dataclasses import dataclass, field
from typing import Self

from sweeper.postgres.templates import Choices, Slots


@dataclass(frozen=True)
class Facts:
    """Slots of the statements, and what their conditions ask for and what they repeat."""

    slots: Slots = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)

    def __or__(self, other: Self) -> Self:
        return type(self)({**self.slots, **other.slots}, {**self.choices, **other.choices})
