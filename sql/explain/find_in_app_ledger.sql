-- Reads from the app's own ledger how much of some sessions was refunded, and when, as far as its columns say.
SELECT asked.place,
       booked.amount,
       booked.booked_at
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
CROSS JOIN LATERAL (
    SELECT {if ledger_amount}l.{each ledger_amount ""}{column}{end}::numeric::text{else}NULL::text{end} AS amount,
           {if ledger_moment}l.{each ledger_moment ""}{column}{end}::timestamptz{else}NULL::timestamptz{end} AS booked_at
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} asked.session_id{ledger_session_as}
      AND {ledger_where}
) AS booked
ORDER BY asked.place, booked.booked_at
