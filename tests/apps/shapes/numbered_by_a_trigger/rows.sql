INSERT INTO listeners SELECT account, 0 FROM generate_series(1, 5) AS account;
INSERT INTO postings (type, listener_id, amount, made_at)
SELECT 'Topup', account, 300, now() - interval '30 days' FROM generate_series(1, 5) AS account;
-- other things have the same numbers
INSERT INTO postings (type, listener_id, subject_type, subject_id, amount, made_at)
SELECT 'Charge', 1 + other % 5, 'Lesson', other, 2.5, now() - interval '20 days' FROM generate_series(1, 30) AS other;
INSERT INTO voices
SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, CASE charge WHEN 0 THEN 1.75 ELSE charge * 0.75 END,
       started, coalesce(ended, started), ended
FROM planned;
INSERT INTO postings (type, listener_id, subject_type, subject_id, amount, made_at)
SELECT 'Charge', account, 'Voice', number, charge * 0.75, started FROM planned WHERE charge > 0 ORDER BY started;
-- charges that support has undone
INSERT INTO postings (type, listener_id, subject_type, subject_id, amount, deleted_at, made_at)
SELECT 'Charge', account, 'Voice', number, 1.75, started, started FROM planned WHERE charge = 0;
UPDATE listeners AS l
SET balance = (SELECT sum(CASE p.type WHEN 'Charge' THEN -p.amount ELSE p.amount END) FROM postings AS p
               WHERE p.listener_id = l.id AND p.deleted_at IS NULL);
SELECT post_refund(number) FROM planned WHERE kind = 'refunded';
