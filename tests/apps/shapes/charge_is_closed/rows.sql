INSERT INTO lab.moves SELECT left(md5('grant' || n), 20), 'company' || n, NULL, NULL, 500000, 'plan', true, 'Grant',
    now() - interval '30 days', now() FROM generate_series(1, 5) AS n;
INSERT INTO lab.moves VALUES (left(md5('unpaid'), 20), 'company1', NULL, NULL, 5000, 'top-up', false, 'Open',
    now() - interval '2 days', now());
INSERT INTO lab.jobs
SELECT left(md5('job' || number), 20), 'company' || account, CASE WHEN state = 'waiting' THEN 'QUEUED'
    WHEN state = 'running' OR kind = 'failed' AND number % 2 = 0 THEN 'STARTED' WHEN state = 'succeeded' THEN 'DONE'
    ELSE 'FAILED' END::lab.state, CASE WHEN kind = 'failed' AND number % 2 = 0 THEN 'STOPPED' END::lab.state,
    CASE WHEN state <> 'waiting' THEN started END, ended, started
FROM planned;
INSERT INTO lab.moves
SELECT left(md5('charge' || number), 20), 'company' || account, NULL, left(md5('job' || number), 20), -1000 * charge, 'job',
    kind IN ('succeeded', 'refunded'), CASE kind WHEN 'succeeded' THEN 'Used' WHEN 'refunded' THEN 'Returned' ELSE 'Open' END::lab.sort,
    started, coalesce(ended, started)
FROM planned WHERE charge > 0;
INSERT INTO lab.moves
SELECT left(md5('return' || number), 20), 'company' || account, left(md5('charge' || number), 20), NULL, 1000 * charge, 'returned',
    true, 'Returning', ended, ended
FROM planned WHERE kind = 'refunded';
