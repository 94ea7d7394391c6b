-- Reads what the mapping gives for the charge of some sessions: who paid, what a refund would be, and what would
-- prevent it.
SELECT asked.place,
       found.account_id,
       found.amount,
       found.charged,
       found.reason,
       found.hold_reason{if never},
       found.never{end}
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN (
    SELECT v.session_id AS asked_id,
           v.account_id::text AS account_id,
           v.amount::text AS amount,
           {if charged}v.charged::numeric::text{else}NULL::text{end} AS charged,
           {include reason} AS reason,
           {include hold_reason} AS hold_reason{if never},
           v.never{end}  -- whether `never` or `exclude` excludes it
    {include reading}
    WHERE v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
) AS found ON found.asked_id {session_eq} asked.session_id
ORDER BY asked.place
