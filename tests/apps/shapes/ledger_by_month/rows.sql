INSERT INTO quota_lines (owner_id, amount, sort, month_begin, month_end)
SELECT md5('owner' || n)::uuid, 300, 'monthly', date_trunc('month', now()), date_trunc('month', now()) + '1 month'
FROM generate_series(1, 5) AS n;
INSERT INTO polls SELECT id, md5('owner' || account)::uuid,
    CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'open' WHEN 'succeeded' THEN 'counted' ELSE 'failed' END,
    started, ended FROM planned;
INSERT INTO quota_lines (owner_id, poll_id, amount, sort, month_begin, month_end)
SELECT md5('owner' || account)::uuid, id, line.amount, line.sort, date_trunc('month', started),
    date_trunc('month', started) + '1 month'
FROM planned CROSS JOIN LATERAL (VALUES (-charge, 'poll'), (charge, 'refund')) AS line (amount, sort)
WHERE charge > 0 AND (line.sort = 'poll' OR kind = 'refunded');
