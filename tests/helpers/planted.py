"""A schema with a function for each one that our statements call, which somebody planted to be called instead."""

from collections.abc import Iterator
from itertools import product

TABLES = """
CREATE TYPE job_status AS ENUM ('running', 'done', 'error');
CREATE TYPE entry_kind AS ENUM ('charge', 'refund');
CREATE TABLE users (id varchar(40) PRIMARY KEY, credits bigint NOT NULL DEFAULT 100, updated_at timestamptz);
CREATE TABLE jobs (
    id varchar(40) PRIMARY KEY, user_id varchar(40), status job_status, cost integer, error varchar(200),
    created_at timestamptz, beat timestamptz, ended_at timestamptz, refunded_by_app boolean, charge varchar(40),
    note text
);
CREATE TABLE entries (
    id varchar(40) PRIMARY KEY, job varchar(40), charge varchar(40), owner varchar(40), amount numeric(12, 2),
    kind entry_kind, is_refund boolean
);
INSERT INTO users (id) VALUES ('u1'), ('u2'), ('u3');
INSERT INTO jobs
SELECT 'j' || n, 'u' || (1 + n % 2), (ARRAY['error', 'running', 'done'])[1 + n % 3]::job_status, 3,
       CASE WHEN n % 2 = 0 THEN 'Worker failed after 3 attempts' END, '2026-11-20', '2026-11-20', '2026-11-20 00:10',
       n > 20, 'c' || n
FROM generate_series(1, 24) AS n;
UPDATE users SET credits = 1000;
INSERT INTO jobs VALUES ('nobody', 'gone', 'error', 3, NULL, '2026-11-20', '2026-11-20', NULL, false, 'c');
"""
FILE = """
[sessions]
table = "jobs"
id = "id"
account = "user_id"
status = "status"
failed = ["error"]
running = ["running"]
succeeded = ["done"]
started_at = "created_at"
active_at = "beat"
failed_at = "beat"
ended_at = "ended_at"
error = "error"
amount = "cost"
exclude = "refunded_by_app"
{attempt}
[sessions.close]
note = "'closed'"
[accounts]
table = "users"
id = "id"
balance = "credits"
updated_at = "updated_at"
invariant = "credits IS NOT NULL"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
max_refunds = 1000
max_credits = 1000
max_amount = 50
[[reasons]]
code  = "retries_exhausted"
error = "Worker failed%"
{ledger}
"""
LEDGER = """
[ledger]
table = "entries"
session = "job"
attempt = "charge"
where = "is_refund"
[ledger.insert]
id = "refund_id"
job = "session_id"
charge = "attempt"
owner = "account_id"
amount = "amount"
kind = "'refund'"
is_refund = "true"
[ledger.reverse]
id = "pg_catalog.gen_random_uuid()"
owner = "account_id"
amount = "amount"
kind = "'charge'"
"""
# operands, and the type in which pg_catalog compares them
PAIRS = {
    ("varchar", "varchar"): "text",
    ("varchar", "text"): "text",
    ("text", "varchar"): "text",
    ("bpchar", "text"): "text",
    ("job_status", "job_status"): "public.job_status",
    ("entry_kind", "entry_kind"): "public.entry_kind",
    ("bigint", "numeric"): "numeric",
    ("numeric", "bigint"): "numeric",
    ("integer", "numeric"): "numeric",
    ("numeric", "integer"): "numeric",
    ("numeric", "smallint"): "numeric",
    ("oid", "smallint"): "bigint",
    ("double precision", "numeric"): "double precision",
    ("numeric", "double precision"): "double precision",
    ("double precision", "integer"): "double precision",
    ("oid", "integer"): "oid",
    ("oid", "bigint"): "bigint",
    ("oid", "regclass"): "oid",
    ("regclass", "oid"): "oid",
    ("regclass", "regclass"): "oid",
    ("regtype", "oid"): "oid",
    ("name", "varchar"): "text",
    ("text[]", "text[]"): "text[]",
    ("name[]", "name[]"): "name[]",
    ("smallint[]", "smallint[]"): "smallint[]",
}
COMPARING = ("=", "<>", "<", "<=", ">", ">=")
# operator, operands, result, the operands' type in pg_catalog
OTHERS = [
    *(("||", left, right, "text", "text") for left, right in product(("varchar", "text"), repeat=2) if left != right),
    ("||", "varchar", "varchar", "text", "text"),
    *(("||", kind, "text", "text", "text") for kind in ("bigint", "integer", "numeric", "uuid", "job_status", "name")),
    *(("||", "text", kind, "text", "text") for kind in ("bigint", "integer", "numeric", "uuid", "job_status", "name")),
    ("->>", "jsonb", "jsonb", "text", ""),
    ("->", "jsonb", "jsonb", "jsonb", ""),
    ("||", "text[]", "text[]", "text[]", "text[]"),
    ("&", "smallint", "integer", "integer", "integer"),
    ("||", "text[]", "text", "text[]", ""),
    *((sign, "varchar", right, "boolean", "text") for sign in ("~~", "!~~", "~") for right in ("text", "varchar")),
    *((sign, left, "numeric", "numeric", "numeric") for sign in "+-*/" for left in ("bigint", "integer")),
    *((sign, "numeric", right, "numeric", "numeric") for sign in "+-*/" for right in ("bigint", "integer")),
    *((sign, "text[]", "text[]", "boolean", "text[]") for sign in ("@>", "&&", "<@")),
]
# name, arguments, result, what pg_catalog's own gives
FUNCTIONS = [
    *(("unnest", f"{kind}[]", f"SETOF {kind}", "pg_catalog.unnest($1)")
      for kind in ("text", "varchar", "uuid", "integer", "numeric", "timestamptz", "boolean", "oid")),
    *(("cardinality", f"{kind}[]", "integer", "pg_catalog.cardinality($1)") for kind in ("text", "varchar", "uuid")),
    *(("array_position", f"text[], {kind}", "integer", "pg_catalog.array_position($1, $2::text)")
      for kind in ("text", "varchar")),
    ("array_length", "text[], integer", "integer", "pg_catalog.array_length($1, $2)"),
    ("array_to_string", "text[], text", "text", "pg_catalog.array_to_string($1, $2)"),
    ("format_type", "oid, bigint", "text", "pg_catalog.format_type($1, $2::integer)"),
    ("generate_series", "smallint, smallint", "SETOF integer", "pg_catalog.generate_series($1::int, $2::int)"),
    ("lower", "varchar", "text", "pg_catalog.lower($1)"),
    ("left", "varchar, integer", "text", "pg_catalog.left($1, $2)"),
    ("starts_with", "varchar, text", "boolean", "pg_catalog.starts_with($1, $2)"),
    ("length", "varchar", "integer", "pg_catalog.length($1)"),
    ("concat", "text, text", "text", "pg_catalog.concat($1, $2)"),
    ("to_jsonb", "text", "jsonb", "pg_catalog.to_jsonb($1)"),
    ("to_json", "text", "json", "pg_catalog.to_json($1)"),
    ("pg_typeof", "text", "regtype", "pg_catalog.pg_typeof($1)"),
    ("isfinite", "timestamptz, integer", "boolean", "true"),
    ("round", "bigint", "numeric", "$1::numeric"),
    ("abs", "bigint, integer", "bigint", "$1"),
]  # fmt: skip
AGGREGATES = ("array_agg", "count", "min", "max", "sum", "jsonb_agg", "json_agg", "string_agg", "bool_or", "bool_and")
PLANT = """
CREATE FUNCTION {name}({arguments}) RETURNS {result} LANGUAGE plpgsql IMMUTABLE AS $planted$
BEGIN
    RAISE WARNING 'planted: {what}: %', pg_catalog.current_query();
    {body};
END
$planted$;
"""


def planted() -> Iterator[str]:
    """The SQL of everything that is planted."""
    operators = [
        (sign, left, right, "boolean", inside) for (left, right), inside in PAIRS.items() for sign in COMPARING
    ] + OTHERS
    for number, (sign, left, right, result, inside) in enumerate(operators):
        cast = f"::{inside}" if inside else ""
        yield PLANT.format(
            name=f"planted_{number}",
            arguments=f"{left}, {right}",
            result=result,
            what=f"{left} {sign} {right}".replace("%", "%%"),
            body=f"RETURN $1{cast} OPERATOR(pg_catalog.{sign}) $2{cast}",
        )
        yield f"CREATE OPERATOR {sign} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = planted_{number});"
    for name, arguments, result, value in FUNCTIONS:
        body = f"RETURN QUERY SELECT {value}" if result.startswith("SETOF") else f"RETURN {value}"
        yield PLANT.format(name=name, arguments=arguments, result=result, what=f"{name}({arguments})", body=body)
    kinds = ("varchar", "job_status", "text", "bigint", "integer", "uuid", "timestamptz", "boolean", "name")
    for kind in kinds:
        yield PLANT.format(
            name="planted_step", arguments=f"text, {kind}", result="text", what=f"aggregate({kind})", body="RETURN $1"
        )
        for name in AGGREGATES:
            yield f"""DO $aggregate$ BEGIN
                IF pg_catalog.to_regprocedure('pg_catalog.{name}({kind})') IS NULL THEN
                    CREATE AGGREGATE {name}({kind}) (SFUNC = planted_step, STYPE = text);
                END IF;
            END $aggregate$;"""
