INSERT INTO clients SELECT md5('client' || account)::uuid, 50000 - sum(charge * 101) FROM planned GROUP BY account;
INSERT INTO scans
SELECT id, md5('client' || account)::uuid, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge * 101, started, ended
FROM planned;
INSERT INTO money_lines (client_id, kind, dollars) SELECT id, 'top_up', 500 FROM clients;
INSERT INTO money_lines (client_id, scan_id, kind, dollars, created_at)
SELECT client_id, id, 'charge', -price_cents / 100.0, created_at FROM scans WHERE price_cents > 0;
SELECT refund_scan(id) FROM planned WHERE kind = 'refunded';
