INSERT INTO agents SELECT account, 300 - sum(charge * 0.25) FILTER (WHERE kind <> 'refunded') FROM planned GROUP BY 1;
INSERT INTO calls
SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge * 0.25, kind = 'refunded',
    started AT TIME ZONE 'Asia/Tokyo', ended AT TIME ZONE 'Asia/Tokyo'
FROM planned;
