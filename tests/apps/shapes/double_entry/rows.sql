INSERT INTO purses (id) VALUES ('bank'), ('income');
INSERT INTO purses (id) SELECT 'user' || n FROM generate_series(1, 5) AS n;
SELECT transfer('bank', 'user' || n, 300, '{}') FROM generate_series(1, 5) AS n;
INSERT INTO maps
SELECT id, 'user' || account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'drawing'
    WHEN 'succeeded' THEN 'drawn' ELSE 'failed' END, CASE charge WHEN 0 THEN 4 ELSE charge END, NULL, started, ended
FROM planned;
SELECT transfer('user' || account, 'income', charge, jsonb_build_object('charge_of', id)) FROM planned WHERE charge > 0;
UPDATE maps AS m SET refund_transfer = transfer('income', 'user' || p.account, p.charge, jsonb_build_object('refund_of', p.id))
FROM planned AS p WHERE p.id = m.id AND p.kind = 'refunded';
