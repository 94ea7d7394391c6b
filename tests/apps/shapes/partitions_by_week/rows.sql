INSERT INTO households SELECT n, 300 FROM generate_series(1, 5) AS n;
INSERT INTO chores OVERRIDING SYSTEM VALUE
SELECT CASE kind WHEN 'twin' THEN 1000 ELSE number END,
    CASE WHEN kind = 'twin' AND number % 2 = 0 THEN started - interval '9 days' ELSE started END, account, charge,
    CASE state WHEN 'succeeded' THEN 'DONE' ELSE upper(state) END::chore_state, ended, CASE kind WHEN 'refunded' THEN ended END
FROM planned;
UPDATE households AS h SET credits = credits - taken.sum
FROM (SELECT household_id, sum(cost) FROM chores WHERE refunded_at IS NULL GROUP BY 1) AS taken
WHERE taken.household_id = h.id;
