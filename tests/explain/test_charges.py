"""What explain says of the charge in the app's books."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.prisma_app import prisma_job, refund_by_app

_NET = """(SELECT 3 - coalesce(sum(t."amount"), 0) FROM app."CreditTransaction" AS t WHERE t."jobId" = s."id"::text)"""


def test_a_charge_that_the_app_gave_back_is_not_shown_as_zero(prisma: AppDatabase) -> None:
    """The books are without it by then, and "charged 0" would say that it was never taken."""
    prisma.configure("amount     = ", f"charged = '{_NET}'\namount = ")
    assert prisma.sweeper("install").exit_code == 0
    user, job = prisma_job(prisma)
    assert ["charged", "3"] in [line.split() for line in prisma.sweeper("explain", job).stdout.splitlines()]
    refund_by_app(prisma, user, job)
    shown = prisma.sweeper("explain", job).stdout
    assert "The app's own ledger has its refund" in shown
    assert "charged" not in shown
