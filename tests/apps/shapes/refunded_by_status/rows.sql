INSERT INTO makers SELECT md5('maker' || account)::uuid, 300 - sum(charge) FILTER (WHERE kind <> 'refunded'), 300 + account
FROM planned GROUP BY account;
INSERT INTO clips
SELECT id, md5('maker' || account)::uuid,
    CASE WHEN kind = 'refunded' THEN 'refunded' WHEN state = 'waiting' THEN 'pending' WHEN state = 'running' THEN 'busy'
        WHEN state = 'succeeded' THEN 'ready' ELSE 'failed' END::clip_state,
    charge, started, ended
FROM planned;
