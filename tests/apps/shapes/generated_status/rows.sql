INSERT INTO persons SELECT 'person' || account, 300 - sum(charge * 1.5) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY account;
INSERT INTO transcripts
SELECT id, 'person' || account, charge * 1.5, started, CASE WHEN state <> 'waiting' THEN started END,
    CASE state WHEN 'succeeded' THEN ended END, CASE state WHEN 'failed' THEN ended END,
    CASE state WHEN 'failed' THEN 'no speech' END, kind = 'refunded'
FROM planned;
