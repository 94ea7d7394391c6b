-- two organisations: the first has three of the five members
INSERT INTO organisations SELECT 'org' || n, 1000 FROM generate_series(1, 2) AS n;
INSERT INTO members SELECT 'member' || account, 'org' || CASE WHEN account < 4 THEN 1 ELSE 2 END, 500, sum(charge)
FROM planned GROUP BY account;
INSERT INTO briefs
SELECT id, 'member' || account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'succeeded' THEN 'done' ELSE state END, charge,
    0, started, ended
FROM planned;
SELECT return_credits(id) FROM planned WHERE kind = 'refunded';
