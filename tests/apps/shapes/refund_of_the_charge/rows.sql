INSERT INTO members SELECT account, 700 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO transactions (id, member_id, sort, amount, at)
SELECT number, account, 'charge', -charge, started FROM planned WHERE charge > 0;
INSERT INTO transactions (id, member_id, sort, amount, reverses, at)
SELECT 100 + number, account, 'reversal', charge, number, ended FROM planned WHERE kind = 'refunded';
INSERT INTO transactions (id, member_id, sort, amount) SELECT 200 + id, id, 'deposit', 700 FROM members;
SELECT setval(pg_get_serial_sequence('transactions', 'id'), 1000);
INSERT INTO orders
SELECT id, account, CASE state WHEN 'waiting' THEN 'placed' WHEN 'running' THEN 'in_work' WHEN 'succeeded' THEN 'delivered'
    ELSE 'spoiled' END, greatest(charge, 4), CASE WHEN charge > 0 THEN number END, started, ended
FROM planned;
