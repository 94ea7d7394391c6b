-- Compares what [ledger.insert] would write for sessions that the app has refunded itself with the rows that the app
-- wrote.
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       v.excluded,
       {if never}v.never{else}false{end} AS never,
       v.account_id::text AS account_id,
       v.amount::numeric::text AS amount,
       ARRAY[{each compared ", "}v.value_{place}{if money}::numeric{end}::text{end}]::text[] AS ours,
       ARRAY[{each compared ", "}{if folded}CASE
           -- equal by the column's own type or collation, as in citext: then it is the same value in another spelling
           WHEN ARRAY[v.value_{place}{collation}] OPERATOR(pg_catalog.=) ARRAY[l.{column}] THEN v.value_{place}::text
           ELSE l.{column}::text
       END{else}l.{column}{if json}::jsonb{end}{if money}::numeric{end}::text{end}{end}]::text[] AS theirs,
       ARRAY[{each unwritten ", "}l.{column}::text{end}]::text[] AS unwritten,
       l.past_account,
       l.past_amount
FROM (
    SELECT v.session_id,
           v.status,
           v.excluded,{if never}
           v.never,{end}
           v.attempt,
           v.account_id,
           v.amount{each compared ""},
           (SELECT ({value})::{column_type}{if json}::jsonb{end} FROM {include rehearsed_refund} AS refund) AS value_{place}{end}
    {include mapped_sessions}
    WHERE {include chosen}
) AS v
CROSS JOIN LATERAL (
    SELECT {each read ""}l.{column},
           {end}{past_account}::text AS past_account,
           {past_amount}::numeric::text AS past_amount
    FROM {ledger} AS l
    WHERE {past_session} {past_session_eq} v.session_id{past_session_as}
      AND {past_where}{if past}{else}
      -- a session that was charged again may have a refund of each charge
      AND coalesce({ledger_attempt} {ledger_attempt_eq} v.attempt{ledger_attempt_as}, true){end}
) AS l
WHERE NOT EXISTS (
    SELECT
    FROM {refunds} AS r
    WHERE r.session_id {session_eq} v.session_id AND r.layer <> 'adopted'
)
LIMIT 20000
