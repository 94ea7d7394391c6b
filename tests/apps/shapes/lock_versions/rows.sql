INSERT INTO users SELECT account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO scenes
SELECT number, account, array_position(ARRAY['waiting', 'running', 'succeeded', 'failed'], state) - 1, charge,
    CASE kind WHEN 'refunded' THEN ended AT TIME ZONE 'UTC' END, ended AT TIME ZONE 'UTC', started AT TIME ZONE 'UTC'
FROM planned;
