INSERT INTO brands SELECT md5('brand' || account)::uuid, 300 - sum(charge) FILTER (WHERE kind <> 'refunded')
FROM planned GROUP BY account;
-- all were booked three days before; what waits is due in two days, or is tried again in an hour
INSERT INTO posts
SELECT id, md5('brand' || account)::uuid, CASE WHEN state = 'waiting' AND number % 2 = 0 THEN 'booked' WHEN state IN ('waiting', 'running')
    THEN 'publishing' WHEN state = 'succeeded' THEN 'published' ELSE 'failed' END, charge,
    CASE WHEN charge = 0 THEN 'none' WHEN kind = 'refunded' THEN 'returned' WHEN state = 'succeeded' THEN 'spent' ELSE 'held' END::credit_state,
    started - interval '3 days', CASE WHEN state = 'waiting' AND number % 2 = 0 THEN started + interval '2 days' ELSE started - interval '5 minutes' END,
    CASE WHEN state = 'waiting' AND number % 2 = 0 THEN NULL ELSE started END,
    CASE WHEN state = 'waiting' AND number % 2 = 1 THEN started + interval '1 hour' END, ended
FROM planned;
