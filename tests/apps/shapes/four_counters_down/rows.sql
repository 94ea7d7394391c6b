INSERT INTO budgets SELECT md5('user' || n)::uuid, 200, 200 FROM generate_series(1, 5) AS n;
INSERT INTO sketches
SELECT id, md5('token' || number)::uuid, md5('user' || account)::uuid, CASE state WHEN 'succeeded' THEN 'drawn'
    WHEN 'failed' THEN 'torn' ELSE 'started' END, started, coalesce(ended, started)
FROM planned;
INSERT INTO bookings
SELECT md5('token' || number)::uuid, md5('user' || account)::uuid, charge, least(charge, number % 4),
    charge - least(charge, number % 4),
    CASE WHEN kind = 'succeeded' OR kind = 'failed' AND number % 2 = 1 THEN 'used' ELSE 'reserved' END
FROM planned WHERE charge > 0;
UPDATE budgets AS u SET plan_used = t.plan_used, extra_used = t.extra_used, plan_reserved = t.plan_reserved,
    extra_reserved = t.extra_reserved
FROM (SELECT user_id, coalesce(sum(of_plan) FILTER (WHERE state = 'used'), 0) AS plan_used,
             coalesce(sum(of_extra) FILTER (WHERE state = 'used'), 0) AS extra_used,
             coalesce(sum(of_plan) FILTER (WHERE state = 'reserved'), 0) AS plan_reserved,
             coalesce(sum(of_extra) FILTER (WHERE state = 'reserved'), 0) AS extra_reserved
      FROM bookings GROUP BY 1) AS t
WHERE t.user_id = u.user_id;
SELECT release(md5('token' || number)::uuid) FROM planned WHERE kind = 'refunded';
