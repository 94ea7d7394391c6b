INSERT INTO fans SELECT md5('fan' || n)::uuid FROM generate_series(1, 5) AS n;
SELECT enter(md5('fan' || n)::uuid, 'grant', 300, 'system', NULL, 'welcome') FROM generate_series(1, 5) AS n;
INSERT INTO reels SELECT md5('reel' || number)::uuid, md5('fan' || account)::uuid FROM planned WHERE number % 2 = 1;
INSERT INTO pieces
SELECT id, md5('fan' || account)::uuid, CASE number % 2 WHEN 1 THEN 'reel' ELSE 'teaser' END, CASE state
    WHEN 'waiting' THEN 'pending' WHEN 'running' THEN 'busy' WHEN 'succeeded' THEN 'complete' ELSE 'failed' END,
    CASE number % 2 WHEN 1 THEN md5('reel' || number)::uuid END,
    CASE charge WHEN 0 THEN '{"trial": true, "debited": 4}' ELSE jsonb_build_object('debited', charge) END,
    started, coalesce(ended, started), ended
FROM planned;
SELECT enter_for(id, what, charge) FROM planned CROSS JOIN (VALUES ('debit'), ('refund')) AS events (what)
WHERE charge > 0 AND (what = 'debit' OR kind = 'refunded')
ORDER BY number, what;
