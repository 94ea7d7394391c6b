INSERT INTO studios SELECT account, 300 - sum(charge) - 2 * count(*) FILTER (WHERE kind = 'half') FROM planned GROUP BY 1;
INSERT INTO mixes SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, started, ended FROM planned;
-- of `half`, two more were taken than are still owed
INSERT INTO payments (studio_id, mix_id, kind, amount, made_at)
SELECT account, number, 'charge', -charge - CASE kind WHEN 'half' THEN 2 ELSE 0 END, started FROM planned WHERE charge > 0;
SELECT pay_back(number, part) FROM planned CROSS JOIN (VALUES (1), (1000)) AS parts (part) WHERE kind = 'refunded' ORDER BY part;
SELECT pay_back(number, part) FROM planned CROSS JOIN (VALUES (1), (1)) AS parts (part) WHERE kind = 'half';
