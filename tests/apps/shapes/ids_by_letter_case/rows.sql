INSERT INTO owners SELECT (ARRAY['Ann', 'ANN', 'ann', 'Bo', 'bo'])[account], 300 - sum(charge) FILTER (WHERE kind <> 'refunded')
FROM planned GROUP BY account;
INSERT INTO prints
SELECT CASE number % 2 WHEN 0 THEN 'Print' ELSE 'PRINT' END || number / 2, (ARRAY['Ann', 'ANN', 'ann', 'Bo', 'bo'])[account],
    CASE state WHEN 'waiting' THEN 'Queued' ELSE initcap(state) END, charge, kind = 'refunded', started, ended
FROM planned;
