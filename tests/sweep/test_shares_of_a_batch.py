"""Several refunds of one account in a batch, where each changes what the next one may take."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.pools import held, paid_for, pools_of, with_pools
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version


@pytest.fixture
def pools(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    with with_pools(server, tmp_path) as database:
        yield database


@pytest.mark.parametrize("room", ["8 - a.free", "(SELECT 8 - o.free FROM users AS o WHERE o.id = account_id)"])
def test_a_share_that_depends_on_the_account_is_worked_out_after_its_other_refunds(
    pools: AppDatabase, room: str
) -> None:
    """One pool has room for so much, and the other gets the rest."""
    pools.configure('"s.from_free"', f'"least(amount, {room})"')
    pools.configure('"s.from_paid"', f'"amount - least(amount, {room})"')
    assert pools.sweeper("install").exit_code == 0
    for name in ("a", "b", "c"):
        paid_for(pools, name, 5, 0)
    paid_for(pools, "d", 5, 0, "u2")
    ran = pools.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 4)
    assert pools_of(pools) == [("u1", 8, 17), ("u2", 5, 10)]


def test_an_account_that_its_refunds_make_inactive_gets_no_more(pools: AppDatabase) -> None:
    pools.configure('updated_at = "updated_at"\n', 'updated_at = "updated_at"\nactive = "free < 8"\n')
    assert pools.sweeper("install").exit_code == 0
    for name in ("a", "b", "c"):
        paid_for(pools, name, 5, 0)
    assert pools.run().document["refunds"]["sessions"] == 2
    assert (pools_of(pools)[0], [why for _, why in held(pools)]) == (("u1", 10, 10), ["account_inactive"])
