"""Since version 16 a membership says what it gives, which may be nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.query_plans import explained
from tests.helpers.roles import drop_role, someone

pytestmark = pytest.mark.slow


@pytest.fixture
def owner(bare: AppDatabase) -> Iterator[str]:
    """The role that owns all of the app, and the only one that runs its sweeps."""
    if bare.value("SELECT current_setting('server_version_num')::int") < 160000:
        pytest.skip("a membership gives everything before version 16")
    name, _ = someone(bare)
    bare.sql(f"ALTER SCHEMA public OWNER TO {name}; GRANT CREATE ON DATABASE {database(bare)} TO {name}")
    for table in ("users", "prediction_sessions"):
        bare.sql(f"ALTER TABLE {table} OWNER TO {name}")
    bare.sql(f"CREATE ROLE guest_of_{name} LOGIN; CREATE ROLE middle_of_{name}")
    try:
        yield name
    finally:
        for other in (f"guest_of_{name}", f"middle_of_{name}", name):
            drop_role(bare, other)


def database(app: AppDatabase) -> str:
    return str(app.value("SELECT current_database()"))


def may_plant(app: AppDatabase, owner: str, *grants: str) -> bool:
    """Whether the owner's check says that its guest could plant a function, and gain rights by it."""
    guest, middle = f"guest_of_{owner}", f"middle_of_{owner}"
    for grant in grants:
        app.sql(f"GRANT {grant.format(owner=owner, guest=guest, middle=middle)}")
    url = app.url.replace(app.url.split("://")[1].split("@")[0], f"{owner}:secret")
    item = items(check(app, SWEEPER_DATABASE_URL=url))["search_path"]
    assert item["status"] == "ok" or f"the rights of {owner}" in item["message"]
    return bool(item["status"] == "failure")


CREATE = "CREATE ON SCHEMA public TO {guest}"


def test_a_member_without_its_rights_is_a_stranger(bare: AppDatabase, owner: str) -> None:
    assert may_plant(bare, owner, CREATE, "{owner} TO {guest} WITH INHERIT FALSE, SET FALSE")


@pytest.mark.parametrize(
    "grants",
    [
        ["{owner} TO {guest} WITH INHERIT TRUE, SET FALSE"],
        ["{owner} TO {guest} WITH INHERIT FALSE, SET TRUE"],
        ["{owner} TO {guest} WITH INHERIT FALSE, SET FALSE, ADMIN TRUE"],
        ["{owner} TO {middle} WITH INHERIT TRUE, SET FALSE", "{middle} TO {guest} WITH INHERIT FALSE, SET TRUE"],
    ],
    ids=["inherits", "may set", "may grant it to itself", "may set, and then inherits"],
)
def test_a_member_that_can_have_its_rights_is_none(bare: AppDatabase, owner: str, grants: list[str]) -> None:
    assert not may_plant(bare, owner, CREATE, *grants)


def test_one_that_only_inherits_cannot_go_on_by_set_role(bare: AppDatabase, owner: str) -> None:
    chain = ["{middle} TO {guest} WITH INHERIT TRUE, SET FALSE", "{owner} TO {middle} WITH INHERIT FALSE, SET TRUE"]
    assert may_plant(bare, owner, CREATE, *chain)


def test_a_member_without_its_rights_cannot_create_where_the_role_may(bare: AppDatabase, owner: str) -> None:
    grants = ["CREATE ON SCHEMA public TO {middle}", "{middle} TO {guest} WITH INHERIT FALSE, SET FALSE"]
    assert not may_plant(bare, owner, *grants)


def test_roles_that_are_members_of_many_others_cost_nothing(bare: AppDatabase, owner: str) -> None:
    """Every pair of 100 people of an app's staff and its 20,000 tenants was more than a run had time for."""
    staff, tenants = ([f"{kind}_{number}_of_{owner}" for number in range(40)] for kind in ("staff", "tenant"))
    try:
        bare.sql("; ".join(f"CREATE ROLE {name}" for name in (*staff, *tenants)))
        bare.sql(f"GRANT {', '.join(tenants)} TO middle_of_{owner}; GRANT middle_of_{owner} TO {', '.join(staff)}")
        with explained("EXPLAIN (ANALYZE, FORMAT JSON)", "list_planters") as plans:
            check(bare)
    finally:
        bare.sql(f"DROP ROLE {', '.join((*staff, *tenants))}")
    read = [node["Actual Rows"] for (plan,) in plans["list_planters"] for node in unions(plan["Plan"])]
    assert read
    assert max(read) < len(staff) * len(tenants)


def unions(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that gather rows until no more are found."""
    if node["Node Type"] == "Recursive Union":
        yield node
    for child in node.get("Plans", []):
        yield from unions(child)
