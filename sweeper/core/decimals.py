"""Exact arithmetic with credits."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext

# Python's own 28 digits would round the sums of a numeric(38, 18); Postgres keeps up to 147,455
_EXACT = Context(prec=150_000, traps=[InvalidOperation, Inexact])

# a balance of a floating type may round, but only by this part of a refund, which nobody would notice
FLOATING_TOLERANCE = Decimal("0.01")


@contextmanager
def exactly() -> Iterator[None]:
    """Calculate exactly inside the block, and fail instead of rounding."""
    with localcontext(_EXACT):
        yield
