"""A database that has the app's rows by logical replication: they are swept where they come from."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.refund_function import refund

SUBSCRIBE = (
    "CREATE SUBSCRIPTION copy_{name} CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)",
    "ALTER SUBSCRIPTION copy_{name} ENABLE",
)
UNSUBSCRIBE = (
    "ALTER SUBSCRIPTION copy_{name} DISABLE",
    "ALTER SUBSCRIPTION copy_{name} SET (slot_name = NONE)",
    "DROP SUBSCRIPTION copy_{name}",
)
# what CREATE SUBSCRIPTION writes once it reaches the publisher
RELATION = (
    "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) "
    "SELECT oid, '{table}'::regclass, 'r' FROM pg_subscription WHERE subname = 'copy_{name}'"
)


@pytest.fixture
def subscriber(first: AppDatabase) -> Iterator[AppDatabase]:
    """The first app, with one session owed, and an enabled subscription that has none of its tables yet."""
    first.account()
    first.session("s1")
    name = first.value("SELECT current_database()")
    for statement in SUBSCRIBE:
        first.sql(statement.format(name=name))
    yield first
    for statement in UNSUBSCRIBE:
        first.sql(statement.format(name=name))


@pytest.mark.parametrize("table", ["users", "prediction_sessions"])
def test_nothing_is_paid_in_a_copy(subscriber: AppDatabase, table: str) -> None:
    name = subscriber.value("SELECT current_database()")
    subscriber.sql("SET allow_system_table_mods = on; " + RELATION.format(name=name, table=table))
    for flags in ((), ("--dry-run",)):
        ran = subscriber.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "subscriber")
        assert f"ALTER SUBSCRIPTION copy_{name} DISABLE" in ran.document["error"]["message"]
    assert items(check(subscriber))["installed"]["status"] == "failure"
    subscriber.sql(f"ALTER SUBSCRIPTION copy_{name} DISABLE")  # as once the copy takes the other's place
    assert subscriber.run().document["refunds"]["sessions"] == 1


@pytest.mark.parametrize("table", ["users", "prediction_sessions"])
def test_a_layer_refunds_nothing_in_a_copy(subscriber: AppDatabase, table: str) -> None:
    name = subscriber.value("SELECT current_database()")
    assert refund(subscriber, subscriber.session("s2")) == 3
    subscriber.sql("SET allow_system_table_mods = on; " + RELATION.format(name=name, table=table))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"ALTER SUBSCRIPTION copy_{name} DISABLE"):
        refund(subscriber, "s1")
    assert (subscriber.refunds(), subscriber.credits()) == ({"s2": 3}, 103)
    subscriber.sql(f"ALTER SUBSCRIPTION copy_{name} DISABLE")
    assert refund(subscriber, "s1") == 3


def test_a_subscription_to_other_tables_does_not_stop_a_run(subscriber: AppDatabase) -> None:
    assert subscriber.run().document["refunds"]["sessions"] == 1
