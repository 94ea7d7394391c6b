-- fates: what happened to the day's sessions, what each kind was charged, given back, and is still missing.
SELECT f.fate,
       count(*) AS sessions,
       sum(t.charge) AS charged,
       sum(g.credits) AS given_back,
       sum(CASE WHEN f.keeps_charge THEN 0 ELSE t.charge END - g.credits) AS missing
FROM demo.fates AS f
JOIN demo.truth AS t ON t.fate = f.fate
JOIN prediction_sessions AS s ON s.id = t.session_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.step = 'All models failed - credits refunded' THEN t.charge ELSE 0 END
           + coalesce((SELECT sum(r.amount) FROM sweeper.refunds AS r WHERE r.session_id = s.id), 0) AS credits
) AS g
GROUP BY f.fate, f.place
ORDER BY f.place;
