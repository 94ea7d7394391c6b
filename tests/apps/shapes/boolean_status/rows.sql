INSERT INTO labs SELECT account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO trials
SELECT id, account, state IN ('waiting', 'running'), charge, CASE state WHEN 'succeeded' THEN 'p < 0.05' END,
    CASE kind WHEN 'refunded' THEN ended END, started, ended
FROM planned;
