INSERT INTO profiles (id) SELECT md5('p' || n)::uuid FROM generate_series(1, 5) AS n;
INSERT INTO credit_ledger (user_id, pool, delta, reason, created_at)
SELECT id, pool, delta, reason, now() - interval '25 days' FROM profiles, (VALUES ('monthly', 300, 'monthly_reset'),
    ('pack', 300, 'purchase'), ('pack', 20, 'referral_bonus')) AS given (pool, delta, reason);
INSERT INTO generations
SELECT id, md5('p' || account)::uuid, CASE state WHEN 'waiting' THEN 'pending' ELSE state END,
    CASE number % 3 WHEN 0 THEN 'pack' ELSE 'monthly' END, greatest(charge, 3),
    CASE kind WHEN 'refunded' THEN 'refunded' ELSE 'none' END, started, ended
FROM planned;
INSERT INTO credit_ledger (user_id, generation_id, pool, delta, reason, created_at)
SELECT g.user_id, g.id, g.pool, moved.delta, moved.reason, moved.made_at
FROM planned AS p JOIN generations AS g USING (id)
CROSS JOIN LATERAL (VALUES (-p.charge, 'generation', p.started), (p.charge, 'generation_refund', p.ended))
    AS moved (delta, reason, made_at)
WHERE p.charge > 0 AND (moved.delta < 0 OR p.kind = 'refunded')
ORDER BY moved.made_at;
