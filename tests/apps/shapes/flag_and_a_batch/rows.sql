INSERT INTO offices SELECT md5('office' || n)::uuid, 100 FROM generate_series(1, 5) AS n;
INSERT INTO mailings SELECT md5(name || n)::uuid, md5('office' || n)::uuid, 50000, 0, price, 50000 * price
FROM generate_series(1, 5) AS n, (VALUES ('charged', 0.00213), ('free', 0)) AS sorts (name, price);
INSERT INTO letters
SELECT id, md5(CASE charge WHEN 0 THEN 'free' ELSE 'charged' END || account)::uuid, 100 * CASE charge WHEN 0 THEN 3 ELSE charge END,
    CASE WHEN state = 'waiting' AND number % 2 = 0 THEN 'PLANNED' WHEN state = 'waiting' THEN 'TRY_AGAIN' WHEN state = 'running' THEN 'SENDING'
    WHEN state = 'succeeded' THEN 'SENT' ELSE 'LOST' END,
    CASE WHEN state = 'waiting' AND number % 2 = 0 THEN now() + interval '40 hours' ELSE started END,
    CASE WHEN state <> 'waiting' THEN started END,
    CASE WHEN state = 'waiting' AND number % 2 = 1 THEN now() + interval '50 minutes' END, ended, false,
    started - interval '5 hours'
FROM planned;
SELECT return_letters(array_agg(id)) FROM planned WHERE kind = 'refunded';
