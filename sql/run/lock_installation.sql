-- lock installation: which mapping is installed, until this transaction ends: `install` updates the row, and waits for
-- the batches that hold it.
SELECT l.fingerprint
FROM {locks} AS l
WHERE l.name = 'installation'
FOR SHARE
