-- What an attempt is read from may have changed, so that a charge with a refund looks like another charge of its session.
-- A run asks for `sweeper install --rekey` then, which could not translate an attempt under the new name of a value.
-- Values that were added change nothing.
{if attempts}
{if sharded}
{else}
SELECT pg_catalog.min(t.key)
INTO sweeper_problem
FROM pg_catalog.jsonb_each(coalesce(sweeper_key -> 'labels'::text, '{}')) AS t
WHERE t.value OPERATOR(pg_catalog.<>) pg_catalog.to_jsonb(ARRAY(
    SELECT e.enumlabel::text
    FROM pg_catalog.pg_enum AS e
    WHERE e.enumtypid = pg_catalog.to_regtype(t.key)::oid
      AND pg_catalog.jsonb_exists(t.value, e.enumlabel::text)
    ORDER BY e.enumsortorder
));
-- the type of a column, and functions and views, count where the session has refunds of other attempts alone
IF sweeper_problem IS NULL AND EXISTS (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN LATERAL (SELECT {attempt} AS attempt OFFSET 0) AS v
    JOIN {refunds} AS r ON r.session_id {session_eq} {session_id}
    WHERE {session_id} {session_eq} sweeper_session_id
    HAVING pg_catalog.bool_or(r.attempt {attempt_eq} v.attempt) IS FALSE
) THEN
    SELECT pg_catalog.min(t.key)
    INTO sweeper_problem
    FROM pg_catalog.jsonb_each_text(coalesce(sweeper_key -> 'reads'::text, '{}')) AS t
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = {sessions_text}::regclass::oid AND a.attname::text = t.key AND NOT a.attisdropped
    WHERE pg_catalog.format_type(a.atttypid, a.atttypmod) <> t.value;
    IF sweeper_problem IS NULL AND EXISTS (
        WITH bound AS (
            SELECT t.key AS name,
                   t.value AS definition,
                   pg_catalog.right(t.key, 1) = ')' AS called,
                   CASE WHEN pg_catalog.right(t.key, 1) <> ')' THEN pg_catalog.parse_ident(t.key) END AS names
            FROM pg_catalog.jsonb_each_text(coalesce(sweeper_key -> 'definitions'::text, '{}')) AS t
        ),
        functions AS (
            SELECT b.name, b.definition, p.*
            FROM bound AS b
            LEFT JOIN pg_catalog.pg_proc AS p
              ON p.oid = pg_catalog.to_regprocedure(CASE WHEN b.called THEN b.name END)::oid
            WHERE b.called
        )
        SELECT
        FROM functions AS p
        WHERE {include definition_of_function} IS DISTINCT FROM p.definition
        UNION ALL
        -- another of its name that is called in its place
        SELECT
        FROM functions AS f
        JOIN pg_catalog.pg_namespace AS of_bound ON of_bound.oid = f.pronamespace
        JOIN pg_catalog.pg_proc AS p ON p.proname = f.proname
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE of_bound.nspname = ANY (pg_catalog.current_schemas(false))
          AND n.nspname <> 'pg_catalog'
          AND pg_catalog.pg_function_is_visible(p.oid)
          AND NOT EXISTS (SELECT FROM bound AS b WHERE b.name = {include name_of_function})
        UNION ALL
        SELECT
        FROM bound AS b
        WHERE pg_catalog.cardinality(b.names) = 2
          AND pg_catalog.md5(pg_catalog.pg_get_viewdef(pg_catalog.to_regclass(b.name)::oid)) IS DISTINCT FROM b.definition
        UNION ALL
        SELECT
        FROM bound AS b
        JOIN pg_catalog.pg_attribute AS a
          ON a.attrelid = pg_catalog.to_regclass(
              CASE WHEN NOT b.called THEN pg_catalog.format('%%I.%%I', b.names[1], b.names[2]) END
          )::oid
         AND a.attname::text = b.names[3]
         AND NOT a.attisdropped
        WHERE {include definition_of_column} <> b.definition
    ) AND NOT coalesce((SELECT kept.most FROM ({keeps_attempts}) AS kept), true) THEN
        sweeper_problem := 'a function or a view';
    END IF;
END IF;
IF sweeper_problem IS NOT NULL THEN
    RAISE EXCEPTION USING
        ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = sweeper_problem || ', which sessions.attempt reads, was changed: nothing was paid',
        HINT = 'Run `sweeper check`.';
END IF;
{end}
{end}
