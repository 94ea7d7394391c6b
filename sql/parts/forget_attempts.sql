-- Nothing tells the charges apart any more.
UPDATE {refunds}
SET attempt = '0'
WHERE attempt <> '0';
UPDATE {holds}
SET attempt = '0'
WHERE attempt IS DISTINCT FROM '0';
