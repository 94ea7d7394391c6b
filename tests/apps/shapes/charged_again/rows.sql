INSERT INTO coaches SELECT account, 300 - sum(charge) FROM planned GROUP BY 1;
INSERT INTO lessons SELECT id, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge, 1, started, coalesce(ended, started)
FROM planned;
SELECT refund_lesson(id) FROM planned WHERE kind IN ('refunded', 'again');
-- charged once more, and failed once more
UPDATE lessons AS l SET charge_no = 2 FROM planned AS p WHERE p.id = l.id AND p.kind = 'again';
UPDATE coaches AS c SET tokens = tokens - p.sum FROM (SELECT account, sum(charge) FROM planned WHERE kind = 'again' GROUP BY 1) AS p
WHERE p.account = c.id;
