INSERT INTO people SELECT account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO films
SELECT number, account, state, charge + 1, CASE WHEN kind = 'refunded' THEN 0 ELSE charge END, started, ended FROM planned;
