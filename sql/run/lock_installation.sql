-- lock installation: which mapping is installed at this moment, and until this transaction ends: `install` changes the
-- row, and waits for the batches that hold it.
SELECT l.fingerprint
FROM {locks} AS l
WHERE l.name = 'installation'
FOR SHARE
