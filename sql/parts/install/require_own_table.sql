-- The ledger may be another table than the installed one, restored from a dump while the sessions went on: refunds are
-- missing.
{if sharded}
{else}
IF (sweeper_key ->> 'table_oid'::text)::bigint = {sessions_text}::regclass::oid::bigint
    AND (sweeper_key ->> 'ledger_oid'::text)::bigint <> {refunds_text}::regclass::oid::bigint
THEN
    RAISE EXCEPTION 'the tables of sweeper were put back, as from a dump, and refunds made since are missing: nothing was paid'
        USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run `sweeper install`.';
END IF;
-- A migration may have renamed a column of the key and added another of that name: then an id means another session.
IF EXISTS (
    SELECT
    FROM (VALUES
        (sweeper_key ->> 'id'::text, (sweeper_key ->> 'id_number'::text)::int),
        (sweeper_key ->> 'attempt'::text, (sweeper_key ->> 'attempt_number'::text)::int)
    ) AS bound (name, number)
    CROSS JOIN LATERAL (
        SELECT (pg_catalog.parse_ident(CASE WHEN bound.number IS NOT NULL THEN bound.name END)) AS names
    ) AS read
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = {sessions_text}::regclass::oid
     AND a.attname::text = (read.names)[pg_catalog.cardinality(read.names)]::text
    WHERE a.attnum::int <> bound.number
      AND (sweeper_key ->> 'table_oid'::text)::bigint = {sessions_text}::regclass::oid::bigint
) THEN
    RAISE EXCEPTION 'another column has the name of the one that refunds were written for: nothing was paid'
        USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run `sweeper check`.';
END IF;
SELECT pg_catalog.min(now.attname::text)
INTO sweeper_problem
{include swapped_columns}
WHERE (sweeper_key ->> 'table_oid'::text)::bigint = {sessions_text}::regclass::oid::bigint;
IF sweeper_problem IS NOT NULL THEN
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'another column than at installation has the name ' || sweeper_problem || ': nothing was paid',
        HINT = 'Run `sweeper check`.';
END IF;
{if bare_names}
-- A bare name in a subquery means a column around it only as long as no table in there has one of that name; and a column
-- of a table in there only as long as that has it, or it means one around: the refund's, where no table is given, or that
-- of a table that may have got it since.
SELECT pg_catalog.concat(bare.name, ' in ', bare.relation)
INTO sweeper_problem
FROM (VALUES
    {each bare_names ",\n    "}({relation}::text, {name}::text, {inside}, {around}::text){end}
) AS bare (relation, name, inside, around)
WHERE pg_catalog.to_regclass(bare.relation) IS NOT NULL
  AND bare.inside <> EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = pg_catalog.to_regclass(bare.relation)::oid AND a.attname = bare.name::name
  )
  AND (bare.around = '' OR EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = pg_catalog.to_regclass(nullif(bare.around, ''))::oid AND a.attname = bare.name::name
  ))
LIMIT 1;
IF FOUND THEN
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'a bare name of the file means another column than at installation, ' || sweeper_problem || ': nothing was paid',
        HINT = 'Run `sweeper check`.';
END IF;
{end}
-- Another table may have the name of one that a subquery of the file reads, while the old one is still there.
SELECT pg_catalog.min(t.key)
INTO sweeper_problem
FROM pg_catalog.jsonb_each_text(coalesce(sweeper_key -> 'tables'::text, '{}')) AS t
CROSS JOIN LATERAL (
    SELECT known.oid, known.relkind
    FROM pg_catalog.pg_class AS known
    WHERE known.oid = t.value::oid
    OFFSET 0  -- by the index
) AS c
CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(t.key)::oid::bigint AS table_oid) AS now
WHERE {include took_its_name}
  AND (sweeper_key ->> 'table_oid'::text)::bigint = {sessions_text}::regclass::oid::bigint;
IF sweeper_problem IS NOT NULL THEN
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = sweeper_problem || ', which the mapping reads, is not the same table as at installation: nothing was paid',
        HINT = 'Run `sweeper check`.';
END IF;
{end}
-- Another table may have the name of the one that refunds were written for: then a refund may be of another session
-- with this id. A copy that took its place, or a restored dump, has the same sessions.
IF (sweeper_key ->> 'table_oid'::text)::bigint <> {sessions_text}::regclass::oid::bigint THEN
    SELECT pg_catalog.min(c.oid::regclass::text)
    INTO sweeper_problem
    FROM pg_catalog.pg_class AS c
    WHERE {include is_rotated};
    IF sweeper_problem IS NOT NULL OR EXISTS (
        SELECT
        FROM (
            {include mapped}
            FROM {sessions} AS s
            WHERE {session_id} {session_eq} sweeper_session_id
              {include sessions_here}
            OFFSET 0
        ) AS v
        JOIN {refunds} AS r ON r.session_id {session_eq} v.session_id
        WHERE {include stranger}
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = {sessions_text} || ' is not the table that the refunds were written for'
                || coalesce(', which is now ' || sweeper_problem, '') || ': nothing was paid',
            HINT = 'Run `sweeper check`.';
    END IF;
END IF;
