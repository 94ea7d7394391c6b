INSERT INTO painters SELECT n, 300, now() AT TIME ZONE 'UTC' FROM generate_series(1, 5) AS n;
INSERT INTO paintings SELECT number, account, array_position(ARRAY['waiting', 'running', 'succeeded', 'failed'], state) - 1,
    charge, CASE state WHEN 'failed' THEN 'no paint' END, CASE kind WHEN 'refunded' THEN ended AT TIME ZONE 'UTC' END,
    ended AT TIME ZONE 'UTC', started AT TIME ZONE 'UTC', coalesce(ended, started) AT TIME ZONE 'UTC' FROM planned;
UPDATE painters AS p SET tokens = tokens - taken.sum FROM (SELECT painter_id, sum(tokens_taken) FROM paintings
    WHERE given_back_at IS NULL GROUP BY 1) AS taken WHERE taken.painter_id = p.id;
