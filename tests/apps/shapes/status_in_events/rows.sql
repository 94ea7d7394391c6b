-- accounts 4 and 5 are teams, for which members 1 and 2 start the work
INSERT INTO "Posting" SELECT 'top' || n, now() AT TIME ZONE 'UTC' - interval '30 days', 300, 'm' || 1 + (n - 1) % 3,
    CASE WHEN n > 3 THEN 't' || n END FROM generate_series(1, 5) AS n;
INSERT INTO "Lot" SELECT 'lot' || n, 300, 'TOPUP', 'top' || n, 'top' || n, 'm' || 1 + (n - 1) % 3, CASE WHEN n > 3 THEN 't' || n END
FROM generate_series(1, 5) AS n;
INSERT INTO "Posting" SELECT 'charge-' || id, started AT TIME ZONE 'UTC', -charge, 'm' || 1 + (account - 1) % 3,
    CASE WHEN account > 3 THEN 't' || account END FROM planned WHERE charge > 0;
INSERT INTO "LotUse" SELECT 'use-' || id, charge, 'lot' || account, 'charge-' || id FROM planned WHERE charge > 0;
-- who was asked something days ago has not answered yet
INSERT INTO "Job" SELECT id, started AT TIME ZONE 'UTC' - CASE state WHEN 'waiting' THEN interval '50 hours' ELSE '0' END, NULL,
    'm' || 1 + (account - 1) % 3, CASE WHEN account > 3 THEN 't' || account END,
    CASE WHEN charge > 0 THEN 'charge-' || id END, NULL FROM planned;
INSERT INTO "JobEvent" SELECT 'a-' || id, "madeAt", id, 'OPENED' FROM "Job";
INSERT INTO "JobEvent" SELECT 'b-' || p.id, coalesce(p.ended AT TIME ZONE 'UTC', j."madeAt" + interval '1 s'), p.id::text,
    CASE p.state WHEN 'waiting' THEN 'ASKING' WHEN 'running' THEN 'WORKING' WHEN 'succeeded' THEN 'DONE' ELSE 'BROKEN' END::step
FROM planned AS p JOIN "Job" AS j ON j.id = p.id::text;
SELECT refund_job(id::text) FROM planned WHERE kind = 'refunded';
