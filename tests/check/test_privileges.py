"""`sweeper check` finds each privilege that is missing, with its GRANT."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.roles import role


def test_all_is_well_for_a_role_that_has_the_rights_of_a_runner_and_no_other(good: AppDatabase) -> None:
    ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
    assert (ran.exit_code, not_ok(ran)) == (0, {})


def test_each_right_of_a_runner_is_missed_when_it_is_not_there(good: AppDatabase) -> None:
    printed = good.sweeper("install", "--print", now=None).stdout.partition("-- 5. Rights")[2]
    lines = (line.removeprefix("-- ") for line in printed.splitlines())
    rights = [line for line in lines if line.startswith("GRANT") and line.endswith("TO sweeper_runner;")]
    assert len(rights) == 12
    for right in rights:
        if right == 'GRANT USAGE ON SCHEMA "public" TO sweeper_runner;':
            continue  # everybody has it
        good.sql(right.replace("GRANT", "REVOKE", 1).replace(" TO ", " FROM "))
        ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
        assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure"}), right
        assert "can only read" not in items(ran)["privileges"]["message"], right
        good.sql(right)


def test_row_level_security_that_hides_rows_fails(good: AppDatabase) -> None:
    good.sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
    assert (ran.exit_code, not_ok(ran)) == (5, {"row_security": "failure"})
    assert items(ran)["row_security"]["fix"] == "ALTER ROLE sweeper_runner BYPASSRLS;"
    good.sql(
        "CREATE TABLE plans (id int); ALTER TABLE plans ENABLE ROW LEVEL SECURITY; GRANT SELECT ON plans TO PUBLIC"
    )
    good.sql("ALTER TABLE users DISABLE ROW LEVEL SECURITY")
    good.configure('"cardinality(selected_models)"', '"(SELECT count(*) FROM plans)"')
    assert not_ok(check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))) == {"row_security": "failure"}


def test_printed_rights_name_what_no_grant_gives(good: AppDatabase) -> None:
    """Under row-level security each role that reads needs BYPASSRLS; the one that only calls refund() does not."""
    assert "BYPASSRLS" not in good.sweeper("install", "--print", now=None).stdout
    good.sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    lines = good.sweeper("install", "--print", now=None).stdout.splitlines()
    assert [line for line in lines if "BYPASSRLS" in line] == [
        f"-- ALTER ROLE {role} BYPASSRLS;" for role in ("sweeper_runner", "sweeper_auditor", "sweeper_owner")
    ]


def test_it_is_read_only_for_a_role_that_cannot_write(good: AppDatabase) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, public TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA sweeper, public TO {}",
    )
    with role(good, *grants) as url:
        ran = check(good, SWEEPER_DATABASE_URL=url)
    assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure"}), ran.stdout
    message = (
        "this role can only read. If it should stay so, check with the login of the runs: for a run this role lacks "
    )
    assert items(ran)["privileges"]["message"].startswith(message)


def test_a_missing_privilege_comes_with_its_grant(good: AppDatabase) -> None:
    """Each grant that is named is run, until nothing is missing."""
    with role(good) as url:
        for _ in range(5):
            ran = check(good, SWEEPER_DATABASE_URL=url)
            if ran.exit_code == 0:
                break
            assert set(not_ok(ran)) == {"privileges"}, ran.stdout
            assert items(ran)["privileges"]["fix"].startswith("GRANT ")
            good.sql(items(ran)["privileges"]["fix"])
        assert not_ok(ran) == {}
        good.sql("UPDATE prediction_sessions SET failed_at = failed_at - interval '1 hour'")
        paid = good.sweeper("run", "--json", now=None, SWEEPER_DATABASE_URL=url)
        assert (paid.exit_code, paid.document["refunds"]["sessions"]) == (0, 10)


def test_a_privilege_on_one_column_too_few_is_found(good: AppDatabase) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, public TO {}",
        "GRANT ALL ON ALL TABLES IN SCHEMA sweeper, public TO {}",
        "REVOKE TRIGGER ON ALL TABLES IN SCHEMA public FROM {}",
        "REVOKE UPDATE ON users FROM {}",
        "GRANT UPDATE (credits) ON users TO {}",
    )
    with role(good, *grants) as url:
        ran = check(good, SWEEPER_DATABASE_URL=url)
    assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure", "grants": "failure"})
    assert items(ran)["privileges"]["fix"].startswith('GRANT SELECT, UPDATE ON "public"."users" TO ')


def test_a_privilege_on_a_table_of_another_schema_is_granted_with_its_schema(prisma: AppDatabase) -> None:
    """The server's message names the table alone."""
    prisma.sql('REVOKE SELECT ON app."JobItem" FROM sweeper_runner')
    for column in prisma.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'app.\"JobItem\"'::regclass"):
        prisma.sql(f'REVOKE SELECT ("{column[0]}") ON app."JobItem" FROM sweeper_runner')
    ran = check(prisma, SWEEPER_DATABASE_URL=prisma.url_as("sweeper_runner"))
    assert items(ran)["privileges"]["fix"] == 'GRANT SELECT ON app."JobItem" TO sweeper_runner;'


def test_a_role_whose_sessions_fire_no_triggers_fails(good: AppDatabase) -> None:
    """A run refuses to pay there."""
    runner = f"ALTER ROLE sweeper_runner IN DATABASE {good.value('SELECT quote_ident(current_database())')}"
    good.sql(f"{runner} SET session_replication_role = replica")
    try:
        item = items(check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner")))["primary"]
    finally:
        good.sql(f"{runner} RESET session_replication_role")
    assert (item["status"], item["fix"]) == (
        "failure", "ALTER ROLE sweeper_runner RESET session_replication_role",
    )  # fmt: skip


def test_a_role_that_is_read_only_by_default_fails(good: AppDatabase) -> None:
    name = good.value("SELECT current_database()")
    good.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert not_ok(check(good)) == {"primary": "failure"}
