-- Reads what the file gives for some sessions, and what else is in their rows: an owner, numbers, and texts that may
-- name their kind.
SELECT v.session_id::text AS session_id,
       payer.sweeper_owner AS owner,
       v.status::text AS status,
       v.amount::numeric::text AS amount,
       {if never}v.never{else}false{end} AS never,
       v.excluded OR {if charged}(v.charged::numeric > 0::numeric) IS NOT TRUE OR {end}NOT ({include not_paid_yet}) AS settled,
       ARRAY[{each numbers ", "}s.{column}::numeric::text{end}]::text[] AS numbers,
       ARRAY[{each kinds ", "}{if said}pg_catalog."left"(s.{column}::text, 40){else}CASE WHEN s.{column} IS NOT NULL THEN '' END{end}{end}]::text[] AS words
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT ({owner})::text AS sweeper_owner  -- here a bare name is a column of the session's row alone
) AS payer
CROSS JOIN LATERAL (
    {include mapped}
) AS v
WHERE {include chosen}
