-- Compares the amounts of some sessions that are not refunded with what was charged for them: by the rows of the ledger
-- that take credits, or, where no amount has a sign, by those that are no refunds.
{if charged}
{else}
WITH taken AS MATERIALIZED (
    SELECT {session_id}::text AS session_id,
           {if unsigned}pg_catalog.sum{else}-pg_catalog.sum{end}(entry.amount) AS amount
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT l.{amount_column}::numeric AS amount
        FROM {ledger} AS l
        WHERE {ledger_session} {ledger_session_eq} {session_id}{ledger_session_as}
          AND {include takes_credits}{each qualifiers ""}
          AND ({qualifier}){end}
    ) AS entry
    WHERE {include chosen}
    GROUP BY 1
)
{end}
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       v.started_at::timestamptz AS started_at,
       v.amount::numeric::text AS amount,
       {if charged}v.charged::numeric::text{else}(
           SELECT t.amount FROM taken AS t WHERE t.session_id = v.session_id::text
       )::text{end} AS charged
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}
