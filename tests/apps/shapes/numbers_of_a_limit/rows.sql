INSERT INTO workspaces SELECT account, 1000, sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO runs
SELECT id, account, CASE state WHEN 'waiting' THEN 0 WHEN 'running' THEN 1 WHEN 'succeeded' THEN 2 ELSE 9 END, charge,
    kind = 'refunded', started AT TIME ZONE 'UTC', coalesce(ended, started) AT TIME ZONE 'UTC'
FROM planned;
