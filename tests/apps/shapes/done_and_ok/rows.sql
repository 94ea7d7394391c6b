INSERT INTO users SELECT account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO tasks
SELECT id, account, ended IS NOT NULL, CASE WHEN ended IS NOT NULL THEN state = 'succeeded' END, charge, kind = 'refunded',
    started, CASE kind WHEN 'running' THEN now() WHEN 'stuck' THEN started + interval '8 min' ELSE coalesce(ended, started) END,
    ended
FROM planned;
