INSERT INTO customers SELECT account, 500 FROM planned GROUP BY account;
INSERT INTO jobs
SELECT id, account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'working' WHEN 'succeeded' THEN 'done' ELSE state END,
    charge * 1.25, started, CASE WHEN state <> 'waiting' THEN coalesce(ended, started) END, ended
FROM planned;
UPDATE customers AS c SET credits = credits - (SELECT coalesce(sum(price), 0) FROM jobs WHERE customer_id = c.id);
SELECT refund_job(id) FROM planned WHERE kind = 'refunded';
