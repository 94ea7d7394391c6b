INSERT INTO accounts SELECT 'acc_' || n, 0, 0, extract(epoch FROM now()) FROM generate_series(1, 5) AS n;
INSERT INTO api_keys SELECT 'key_' || n || k, 'acc_' || n FROM generate_series(1, 5) AS n, generate_series(1, 2) AS k;
SELECT move_usd(id, 30, 'topup:' || id, 0, extract(epoch FROM now() - interval '30 days')::bigint) FROM accounts;
INSERT INTO batches
SELECT 880000 + number, 'key_' || account || 1 + number % 2,
    CASE WHEN state = 'waiting' THEN 0 WHEN state = 'running' THEN 1 WHEN state = 'succeeded' THEN 2
         WHEN number % 4 = 0 THEN 4 ELSE 3 END,
    150000 * greatest(charge, 2), CASE WHEN charge > 0 THEN 125000 * charge END,
    CASE kind WHEN 'refunded' THEN 125000 * charge ELSE 0 END, extract(epoch FROM started),
    CASE WHEN state <> 'waiting' THEN extract(epoch FROM coalesce(ended,
        CASE kind WHEN 'running' THEN now() - interval '20 s' ELSE started + interval '10 min' END)) END,
    extract(epoch FROM ended)
FROM planned;
SELECT move_usd('acc_' || account, usd, ref, -usd, extract(epoch FROM moved_at)::bigint) FROM (
    SELECT account, -0.125 * charge AS usd, 'batch:' || 880000 + number AS ref, started AS moved_at FROM planned
    WHERE charge > 0
    UNION ALL SELECT account, 0.125 * charge, 'batch_refund:' || 880000 + number, ended FROM planned
    WHERE kind = 'refunded'
    ORDER BY moved_at
) AS moves;
