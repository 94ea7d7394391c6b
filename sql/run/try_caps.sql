-- try caps: the same lock as lock_caps takes, if it is free. Returns no row while another run has it.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE SKIP LOCKED
