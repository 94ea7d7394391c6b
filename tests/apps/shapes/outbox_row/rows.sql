INSERT INTO tenants SELECT md5('tenant' || account)::uuid, 300 - sum(charge), sum(charge) FROM planned GROUP BY account;
INSERT INTO tasks
SELECT id, md5('tenant' || account)::uuid, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge, NULL, started,
    CASE WHEN state <> 'waiting' THEN coalesce(ended, started) END, ended
FROM planned;
SELECT refund_task(id) FROM planned WHERE kind = 'refunded';
