"""The indexes of partitioned tables: built on each partition beside the app's work, and attached."""

from contextlib import nullcontext

import psycopg
import pytest

from sweeper.core.errors import FailedError
from sweeper.install import installer
from sweeper.install.indexes.blockers import BlockerWatch
from sweeper.postgres.database import Database
from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import dump, install, installed, printed
from tests.helpers.partitioned import partition
from tests.helpers.psql import psql

INDEXES = """
    SELECT i.indrelid::regclass::text, i.indisvalid, c.relispartition, c.relname
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE pg_get_indexdef(i.indexrelid) LIKE '%%sweeper%%live%%' ORDER BY 1
"""
SUB = (
    "LIST (user_id)",
    "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES IN ('u1') PARTITION BY RANGE (created_at); "
    "CREATE TABLE p1_new PARTITION OF p1 FOR VALUES FROM ('2026-11-01') TO (MAXVALUE); "
    "CREATE TABLE p1_rest PARTITION OF p1 DEFAULT; "
    "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
    "UNIQUE (user_id, id, created_at)",
)


def live(database: AppDatabase) -> dict[str, tuple[bool, bool]]:
    """Where there are indexes on live sessions, whether they are valid, and part of another."""
    return {table: (valid, part) for table, valid, part, _ in database.sql(INDEXES)}


@pytest.mark.every_version
@pytest.mark.parametrize("shape", [None, SUB], ids=["months", "partitions of partitions"])
def test_every_partition_gets_the_index_and_a_second_installation_changes_nothing(
    bare: AppDatabase, shape: tuple[str, str, str] | None
) -> None:
    partition(bare, *(shape or ()))
    tables = [name for (name,) in bare.sql("SELECT relid::text FROM pg_partition_tree('prediction_sessions')")]
    assert live(bare) == {table: (True, table != "prediction_sessions") for table in tables}
    before = dump(bare)
    assert "index" not in installed(bare).stdout
    assert dump(bare) == before


@pytest.mark.every_version
def test_partitions_that_come_later_get_it_from_the_server(bare: AppDatabase) -> None:
    partition(bare)
    bare.sql("CREATE TABLE later PARTITION OF prediction_sessions FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')")
    bare.sql("CREATE TABLE attached (LIKE prediction_sessions)")
    bare.sql(
        "ALTER TABLE prediction_sessions ATTACH PARTITION attached FOR VALUES FROM ('2027-02-01') TO ('2027-03-01')"
    )
    assert live(bare)["later"] == live(bare)["attached"] == (True, True)
    before = dump(bare)
    installed(bare)
    assert dump(bare) == before


@pytest.mark.parametrize("stopped_after", [1, 4, 5, 28])
def test_an_installation_that_was_interrupted_goes_on_where_it_stopped(
    bare: AppDatabase, monkeypatch: pytest.MonkeyPatch, stopped_after: int
) -> None:
    partition(bare, with_sweeper=False)
    bare.account()
    bare.session("s1")
    original, sent = installer._outside, list[str]()

    def outside(database: Database, statement: str, watch: BlockerWatch | None) -> None:
        if len(sent) == stopped_after:
            raise FailedError("stopped", code="stopped")
        sent.append(statement)
        original(database, statement, watch)

    with monkeypatch.context() as patched:
        patched.setattr(installer, "_outside", outside)
        assert install(bare).exit_code == 1
    kept = [row for row in dump(bare) if row[0] == "relation" and "sweeper_live" in row[1]]
    assert len(kept) == len([statement for statement in sent if "CREATE INDEX" in statement])
    assert live(bare)["prediction_sessions"] == (False, False)
    installed(bare)
    assert set(kept) <= set(dump(bare)), "none was built anew"
    assert set(live(bare).values()) == {(True, True), (True, False)}
    assert bare.run().document["refunds"]["sessions"] == 1


@pytest.mark.parametrize(
    "meanwhile", ["ALTER TABLE prediction_sessions DETACH PARTITION sessions_8", "DROP TABLE sessions_8"]
)
@pytest.mark.parametrize("word", ["CREATE INDEX", "ATTACH"])
def test_a_partition_that_goes_meanwhile_does_not_stop_it(
    bare: AppDatabase, monkeypatch: pytest.MonkeyPatch, word: str, meanwhile: str
) -> None:
    partition(bare, with_sweeper=False)
    original, left = installer._outside, [meanwhile]

    def outside(database: Database, statement: str, watch: BlockerWatch | None) -> None:
        if word in statement and live(bare).get("sessions_7") and live(bare).get("sessions_8", word) and left:
            bare.sql(left.pop())
        original(database, statement, watch)

    monkeypatch.setattr(installer, "_outside", outside)
    installed(bare)
    assert left == []
    parts = {table: valid for table, valid in live(bare).items() if table != "sessions_8"}
    assert (len(parts), set(parts.values())) == (14, {(True, True), (True, False)})


@pytest.mark.every_version
def test_a_part_whose_build_was_cut_off_is_built_anew(bare: AppDatabase) -> None:
    partition(bare)
    bare.sql("ALTER TABLE prediction_sessions DETACH PARTITION sessions_6")
    (name,) = [name for table, _, _, name in bare.sql(INDEXES) if table == "sessions_6"]
    bare.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", name)
    bounds = "FOR VALUES FROM ('2026-06-01') TO ('2026-07-01')"
    bare.sql(f"ALTER TABLE prediction_sessions ATTACH PARTITION sessions_6 {bounds}")
    installed(bare)
    assert set(live(bare).values()) == {(True, True), (True, False)}


@pytest.mark.every_version
def test_check_says_which_partitions_lack_it_and_that_later_ones_get_it(bare: AppDatabase) -> None:
    partition(bare)
    assert item(bare)["status"] == "ok"
    assert "every partition" in item(bare)["message"]
    (name,) = [name for table, _, _, name in bare.sql(INDEXES) if table == "prediction_sessions"]
    definition = bare.value("SELECT pg_get_indexdef(%s::regclass)", name)
    bare.sql(f"DROP INDEX {name}")
    assert item(bare)["status"] == "failure"
    bare.sql(definition)
    assert (item(bare)["status"], item(bare)["fix"]) == ("failure", "sweeper install")
    assert "partitions have none" in item(bare)["message"]
    assert bare.run().exit_code == 0, "without it a run is only slower"


def item(database: AppDatabase) -> dict[str, str]:
    """What check says of the index."""
    checks = database.sweeper("check", "--json", now=None).document["checks"]
    return next(check for check in checks if check["name"] == "index")


def test_a_change_of_the_statuses_and_a_release_take_all_parts_away(bare: AppDatabase) -> None:
    partition(bare)
    bare.sql("CREATE TABLE later PARTITION OF prediction_sessions FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')")
    bare.sql("ALTER TABLE prediction_sessions DETACH PARTITION later")
    bare.configure('"initializing", ', "")
    installed(bare)
    assert "later" not in live(bare), "what the server named itself kept the function from being replaced"
    assert len(live(bare)) == 15
    assert install(bare, "--release").exit_code == 0
    assert live(bare) == {}


@pytest.mark.every_version
def test_the_printed_sql_builds_it_too(bare: AppDatabase) -> None:
    partition(bare, *SUB, with_sweeper=False)
    script = printed(bare)
    assert "ON ONLY" in script
    assert script.count("CREATE INDEX CONCURRENTLY") == 3
    assert script.count("ATTACH PARTITION") == 4
    fed = psql(bare, script)
    assert (fed.returncode, fed.stderr) == (0, "")
    before = dump(bare)
    installed(bare)
    assert dump(bare) == before


BY_STATUS = """
    CREATE TABLE sessions_over PARTITION OF prediction_sessions FOR VALUES IN ('finished', 'error');
    CREATE TABLE sessions_open PARTITION OF prediction_sessions DEFAULT
"""


def test_there_is_no_fence_if_a_session_changes_partition_with_its_status(first: AppDatabase) -> None:
    """To triggers that is a DELETE and an INSERT: a fence would let everything pass, and be called in place."""
    partition(first, "LIST (status)", BY_STATUS, "PRIMARY KEY (id, status)")
    refused = first.sweeper("install", "--fence", now=None)
    assert (refused.exit_code, "partitioned by status" in refused.stderr) == (2, True)
    items = {item["name"]: item for item in first.sweeper("check", "--json", now=None).document["checks"]}
    assert (items["fence"]["status"], "partitioned by status" in items["fence"]["message"]) == ("warning", True)


@pytest.mark.parametrize(("by", "status"), [("completed_at", "warning"), ("created_at", "ok")])
def test_check_says_that_a_session_passes_the_fence_as_it_moves_with_its_end(
    first: AppDatabase, by: str, status: str
) -> None:
    partitions = (
        "CREATE TABLE ended PARTITION OF prediction_sessions FOR VALUES FROM ('2026-11-23 11:00') TO (MAXVALUE); "
        "CREATE TABLE others PARTITION OF prediction_sessions DEFAULT; ALTER TABLE ended ADD UNIQUE (id); "
        "ALTER TABLE others ADD UNIQUE (id); ALTER TABLE prediction_sessions ALTER id SET NOT NULL"
    )
    partition(first, f"RANGE ({by})", partitions, None)
    assert install(first, "--fence").exit_code == 0
    first.account()
    first.session("s1", "generating")
    assert first.run().document["refunds"]["sessions"] == 1
    finish = "UPDATE prediction_sessions SET status = 'finished', completed_at = '2026-11-23 12:00' WHERE id = 's1'"
    with pytest.raises(psycopg.errors.RestrictViolation) if status == "ok" else nullcontext():
        first.sql(finish)
    items = {item["name"]: item for item in first.sweeper("check", "--json", now=None).document["checks"]}
    assert (items["fence"]["status"], "moves a session" in items["fence"]["message"]) == (status, status != "ok")
