-- Lists the keys that are set in a JSON column of some sessions, or of their rows in the app's ledger, with one session
-- for each key: those that have a number above zero, or whose names say what is looked for.
SELECT pair.key AS name,
       pg_catalog.count(DISTINCT {session_id}::text) AS sessions,
       pg_catalog.min({session_id}::text) AS sample
FROM {sessions} AS s{if of_ledger}
JOIN {ledger} AS l ON {ledger_session} {ledger_session_eq} {session_id}{ledger_session_as}{end}
CROSS JOIN LATERAL pg_catalog.jsonb_each(
    CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb({if of_ledger}l{else}s{end}.{column})) = 'object'
        THEN pg_catalog.to_jsonb({if of_ledger}l{else}s{end}.{column})
    END
) AS pair (key, value)
WHERE {include chosen}
  AND pair.key ~* %(words)s::text
  AND {if number}CASE WHEN pg_catalog.jsonb_typeof(pair.value) = 'number' THEN pair.value::numeric > 0::numeric END{else}
      pair.value OPERATOR(pg_catalog.#>>) '{}'::text[] !~* '^(|false|f|no|0|null)$'::text{end}
GROUP BY pair.key
ORDER BY pair.key
LIMIT 100
