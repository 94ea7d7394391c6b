INSERT INTO patrons SELECT n, 60000, CASE n WHEN 6 THEN now() END FROM generate_series(1, 6) AS n;
INSERT INTO portraits
SELECT n, 1, 'failed', 0, '{"price": 0}', NULL, now() - interval '20 days', now() - interval '20 days'
FROM generate_series(10001, 14000) AS n;
INSERT INTO portraits
SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'painting' WHEN 'succeeded' THEN 'done'
    ELSE 'failed' END, charge, CASE kind WHEN 'unreadable' THEN 'price 5' ELSE format('{"price": %s}', charge) END,
    CASE WHEN kind IN ('succeeded', 'delivered') THEN 'https://pictures.example/1' END, started, ended,
    CASE kind WHEN 'refunded' THEN ended END
FROM planned;
UPDATE patrons AS p SET credits = credits - taken.sum
FROM (SELECT patron_id, sum(price) FROM portraits WHERE refunded_at IS NULL GROUP BY 1) AS taken
WHERE taken.patron_id = p.id;
