-- read traffic: what else is at work while this batch has its rows locked. Transactions that write are numbered: the
-- numbers between those of two batches are writes by others. Every role may read all of this; to one without
-- privileges, the kind of another backend shows only in whether it has a role.
SELECT coalesce(pg_catalog.pg_current_xact_id_if_assigned()::text::bigint, 0) AS transaction_number,
       connected.sweeps,
       connected.others,
       connected.writers,
       connected.housekeepers,
       (
           SELECT pg_catalog.count(*) > 0
           FROM pg_locks AS l
           WHERE l.locktype = 'transactionid'
             AND NOT l.granted
             AND l.transactionid = pg_catalog.pg_current_xact_id_if_assigned()::xid
             -- another sweep may wait for its turn at the caps
             AND NOT EXISTS (
                 SELECT
                 FROM pg_stat_activity AS w
                 WHERE w.pid = l.pid AND w.application_name = pg_catalog.current_setting('application_name')
             )
       ) AS waited_for
FROM (
    SELECT pg_catalog.count(*) FILTER (WHERE a.sweeps) AS sweeps,
           pg_catalog.count(*) FILTER (WHERE a.other) AS others,
           pg_catalog.count(*) FILTER (WHERE a.other AND a.backend_xid IS NOT NULL) AS writers,
           pg_catalog.count(*) FILTER (WHERE a.usesysid IS NULL) AS housekeepers
    FROM (
        SELECT a.usesysid,
               a.backend_xid,
               a.application_name = pg_catalog.current_setting('application_name') AS sweeps,
               a.usesysid IS NOT NULL AND a.application_name <> pg_catalog.current_setting('application_name') AS other
        FROM pg_stat_activity AS a
        WHERE a.datname = pg_catalog.current_database()
    ) AS a
) AS connected
