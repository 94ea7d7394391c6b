INSERT INTO pilots SELECT n, 'pilot' FROM generate_series(1, 5) AS n;
SELECT book_hours(n, NULL, 'bought', 300) FROM generate_series(1, 5) AS n;
INSERT INTO flights SELECT number, account, CASE state WHEN 'waiting' THEN 'booked' ELSE state END, started, ended FROM planned;
SELECT book_hours(account, number, what, CASE what WHEN 'flown' THEN -charge ELSE charge END * 0.25)
FROM planned CROSS JOIN (VALUES ('flown'), ('refund')) AS sorts (what)
WHERE charge > 0 AND (what = 'flown' OR kind = 'refunded')
ORDER BY number, what;
