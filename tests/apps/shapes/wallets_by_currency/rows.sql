INSERT INTO players SELECT md5('player' || n)::uuid FROM generate_series(1, 5) AS n;
INSERT INTO wallets (player_id, currency, units)
SELECT p.id, c, 100 FROM players AS p, unnest(enum_range(NULL::currency)) AS c ORDER BY 2, 1;
INSERT INTO quests
SELECT number, md5('player' || account)::uuid, CASE number % 2 WHEN 1 THEN 'gems' ELSE 'gold' END::currency, charge * 1.125,
    CASE state WHEN 'waiting' THEN 'open' WHEN 'running' THEN 'played' WHEN 'succeeded' THEN 'won' ELSE 'broken' END,
    CASE kind WHEN 'refunded' THEN 'paid' ELSE 'none' END, started, ended
FROM planned;
UPDATE wallets AS w SET units = units - t.sum
FROM (SELECT player_id, currency, sum(fee) FROM quests WHERE refund_state = 'none' GROUP BY 1, 2) AS t
WHERE (t.player_id, t.currency) = (w.player_id, w.currency);
