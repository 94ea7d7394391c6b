-- Compares the amounts of some sessions that are not refunded with what was charged for them.
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       v.started_at::timestamptz AS started_at,
       v.amount::numeric::text AS amount,
       {if charged}v.charged::numeric::text{else}(
           SELECT -pg_catalog.sum(l.{amount_column}::numeric)
           FROM {ledger} AS l
           WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
             AND l.{amount_column}::numeric < 0::numeric{each qualifiers ""}
             AND ({qualifier}){end}
       )::text{end} AS charged
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}
