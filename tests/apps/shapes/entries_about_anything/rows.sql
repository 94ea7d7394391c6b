INSERT INTO kinds VALUES (7, 'clip'), (8, 'voice'), (9, 'order');
INSERT INTO members SELECT account, 300, 300 FROM planned GROUP BY account;
INSERT INTO clips
SELECT number, account, CASE state WHEN 'waiting' THEN 'pending' WHEN 'succeeded' THEN 'done' ELSE state END, started, coalesce(ended, started), ended
FROM planned;
-- orders and voices with the numbers of clips
INSERT INTO entries (member_id, kind_id, object_id, entry, delta, created)
SELECT account, 9, number::text, 'topup', 10, started FROM planned WHERE number % 3 = 0;
INSERT INTO entries (member_id, kind_id, object_id, entry, delta, parts, created)
SELECT account, 8, number::text, sort, delta, '{"gift": 0, "plan": 2}', started
FROM planned CROSS JOIN (VALUES ('charge', -2), ('refund', 2)) AS both_rows (sort, delta) WHERE number % 5 = 0;
INSERT INTO entries (member_id, kind_id, object_id, entry, delta, parts, created)
SELECT account, 7, number::text, 'charge', -charge, jsonb_build_object('gift', charge / 2, 'plan', charge - charge / 2), started
FROM planned WHERE charge > 0 ORDER BY started;
SELECT refund_clip(number) FROM planned WHERE kind = 'refunded';
UPDATE members AS m SET gift_balance = 300 + sums.gift, plan_balance = 300 + sums.plan
FROM (
    SELECT member_id, sum(sign(delta) * coalesce((parts ->> 'gift')::integer, 0)) AS gift,
        sum(sign(delta) * coalesce((parts ->> 'plan')::integer, abs(delta))) AS plan
    FROM entries GROUP BY member_id
) AS sums WHERE sums.member_id = m.id;
