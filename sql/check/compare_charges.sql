-- Compares the amounts of some sessions that are not refunded with what was charged for them: by the rows of the ledger
-- that take credits, or, where no amount has a sign, by those that are no refunds.
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       v.started_at::timestamptz AS started_at,
       v.amount::numeric::text AS amount,
       {if charged}v.charged::numeric::text{else}(
           SELECT {if unsigned}pg_catalog.sum{else}-pg_catalog.sum{end}(l.{amount_column}::numeric)
           FROM {ledger} AS l
           WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
             AND {include takes_credits}{each qualifiers ""}
             AND ({qualifier}){end}
       )::text{end} AS charged
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}
