-- Lists the refunds of some sessions, in the order in which they were asked for, with the user who decided it, if any,
-- and with the reversal that took it back. Leaves out the session's error text.
SELECT asked.place,
       r.refund_id::text AS refund_id,
       r.attempt::text AS attempt,
       r.account_id::text AS account_id,
       r.amount::text AS amount,
       {if charged}r.charged::text{else}NULL::text{end} AS charged,
       r.reason,
       CASE WHEN r.layer = 'adopted' THEN r.detail END AS adopted_because,
       r.layer,
       pg_catalog.to_jsonb(r) ->> 'shares'::text AS shares,  -- a column that an older installation may lack
       r.run_id::text AS run_id,
       r.created_at,
       r.failed_at,
       run.told ->> 'by'::text AS decided_by,
       run.told ->> 'reason'::text AS decided_because,
       x.reason AS reversed_because,
       x.made_by AS reversed_by,
       x.created_at AS reversed_at
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN {refunds} AS r ON r.session_id {session_eq} asked.session_id
LEFT JOIN {if by_account}(SELECT run.* FROM {runs} AS run OFFSET 0){else}{runs}{end} AS run ON run.run_id = r.run_id
LEFT JOIN {reversals} AS x ON x.refund_id = r.refund_id{if by_account} AND x.account_id {account_eq} r.account_id{end}
ORDER BY asked.place, r.created_at, r.refund_id
