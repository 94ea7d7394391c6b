INSERT INTO guests SELECT account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO bids
SELECT id, account, state = 'failed', state IN ('waiting', 'running'), CASE state WHEN 'succeeded' THEN 0 WHEN 'waiting' THEN 3
    ELSE 1 END, charge, started, started + interval '1 hour', ended
FROM planned;
INSERT INTO points_log (sort, guest_id, bid_id, points, applied)
SELECT 'refund', account, id, charge, true FROM planned WHERE kind = 'refunded';
