-- partly_refunded: the app's ledger has less for the session than the mapping gives: it counts as refunded, so no run
-- pays the rest. What sweeper paid is compared with the refund, what the app paid with `sessions.amount`.
-- To fix: refund the rest, or record the session as it is: `sweeper adopt --session ID`. If the app refunds in
-- parts, subtract its rows in `sessions.amount` and let `ledger.where` mean sweeper's own rows: then runs pay the rest.
SELECT partly.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    {if ledger_amount}
    SELECT v.session_id::text AS session_id
    {include live_reading}
    JOIN (
        SELECT {ledger_session} AS session_key,
               {ledger_attempt} AS attempt,
               pg_catalog.sum({each ledger_amount ""}l.{column}{end}::numeric) AS given
        FROM {ledger} AS l
        WHERE {ledger_where}
          AND (
              %(session_ids)s::text[] IS NULL
              OR {ledger_session} {ledger_session_eq} ANY (ARRAY(
                  SELECT picked.session_id{ledger_session_as}
                  FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) AS picked (session_id)
              ))
          )
        GROUP BY 1, 2
    ) AS booked
      ON booked.session_key {ledger_session_eq} v.session_id{ledger_session_as}
     AND booked.attempt {ledger_attempt_eq} v.attempt{ledger_attempt_as}
    LEFT JOIN {refunds} AS r
      ON {include own_refund}
    WHERE {include audited}
      AND {include is_settled_failure}
      -- for an adopted refund, what the app paid is its amount; what was taken back is no longer there
      AND (r.refund_id IS NULL OR r.layer <> 'adopted' AND {include not_reversed})
      AND {include is_short_of}
    {if past}
    UNION
    -- where `ledger.where` means sweeper's own rows alone, those that the app wrote itself for a session that it has
    -- marked
    SELECT v.session_id::text
    {include live_reading}
    JOIN (
        SELECT {past_session} AS session_key,
               pg_catalog.sum(({past_amount})::numeric) AS given
        FROM {ledger} AS l
        WHERE {past_where}
        GROUP BY 1
    ) AS booked
      ON booked.session_key {past_session_eq} v.session_id{past_session_as}
    LEFT JOIN {refunds} AS r
      ON {include own_refund}
    WHERE {include audited}
      AND {include is_settled_failure}
      AND v.excluded
      {if never}
      AND NOT v.never
      {end}
      AND r.refund_id IS NULL
      AND {if net}v.amount::numeric > 0::numeric{else}{include is_short_of}{end}
    {end}
    {else}
    -- there is no ledger, or none of its columns has the amount
    SELECT NULL::text AS session_id
    WHERE false
    {end}
) AS partly
ORDER BY partly.session_id
LIMIT 5
