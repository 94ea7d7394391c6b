INSERT INTO holders SELECT md5('holder' || n)::uuid, 0 FROM generate_series(1, 5) AS n;
SELECT add_line(id, NULL, 'grant', 300) FROM holders;
INSERT INTO dubs SELECT id, md5('holder' || account)::uuid, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, started, ended
FROM planned;
SELECT add_line(md5('holder' || account)::uuid, id, kinds.kind, CASE kinds.kind WHEN 'charge' THEN -charge ELSE charge END)
FROM planned CROSS JOIN (VALUES ('charge'), ('refund')) AS kinds (kind)
WHERE charge > 0 AND (kinds.kind = 'charge' OR planned.kind = 'refunded')
ORDER BY number, kinds.kind;
