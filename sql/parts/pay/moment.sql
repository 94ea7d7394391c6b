-- The value of `at`: the server's clock; where the command's clock is frozen or differs, that plus the time since the
-- command began, but never later than the server's.
SELECT CASE WHEN pg_catalog.abs(extract(epoch FROM run.moment - pg_catalog.clock_timestamp())) <= 60::numeric
            THEN pg_catalog.clock_timestamp()
            ELSE least(run.moment, pg_catalog.clock_timestamp())
       END AS at
FROM (SELECT %(as_of)s::timestamptz + %(elapsed)s::interval AS moment) AS run
