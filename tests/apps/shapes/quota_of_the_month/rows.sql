INSERT INTO exports
SELECT id, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge, kind = 'refunded', started,
    coalesce(ended, started), ended
FROM planned;
INSERT INTO month_usage (team_id, month, quota, used)
SELECT team_id, date_trunc('month', began AT TIME ZONE 'UTC'), 500, coalesce(sum(units) FILTER (WHERE NOT released), 0)
FROM exports GROUP BY 1, 2;
