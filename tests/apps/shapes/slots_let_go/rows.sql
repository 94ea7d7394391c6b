INSERT INTO asks
SELECT id, CASE WHEN state = 'waiting' THEN 'queued' WHEN state = 'running' THEN 'busy'
    WHEN state = 'succeeded' AND number % 3 > 0 THEN 'done' ELSE 'failed' END, coalesce(ended, started),
    CASE state WHEN 'succeeded' THEN ended END
FROM planned;
INSERT INTO slots SELECT id, 'team' || account, charge, CASE kind WHEN 'refunded' THEN 'let_go' ELSE 'taken' END, started
FROM planned WHERE charge > 0;
