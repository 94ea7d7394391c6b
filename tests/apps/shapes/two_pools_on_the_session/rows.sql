INSERT INTO readers SELECT md5('reader' || n)::uuid, 100, 100 FROM generate_series(1, 5) AS n;
INSERT INTO audiobooks
SELECT id, md5('reader' || account)::uuid, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'reading'
    WHEN 'succeeded' THEN 'ready' ELSE 'failed' END, CASE charge WHEN 0 THEN 4 ELSE charge END, least(charge, number % 4),
    charge - least(charge, number % 4), CASE kind WHEN 'refunded' THEN ended END, started, ended
FROM planned;
UPDATE readers AS r SET free_left = free_left - taken.free, bought_left = bought_left - taken.bought
FROM (SELECT reader_id, sum(of_free) AS free, sum(of_bought) AS bought FROM audiobooks WHERE refunded_at IS NULL
      GROUP BY 1) AS taken
WHERE taken.reader_id = r.id;
