-- What `at` is for the app: the clock, or where that of the command is frozen or another, as much later as the command is old.
SELECT CASE WHEN pg_catalog.abs(extract(epoch FROM run.moment - pg_catalog.clock_timestamp())) <= 60::numeric
            THEN pg_catalog.clock_timestamp()
            ELSE least(run.moment, pg_catalog.clock_timestamp())
       END AS at
FROM (SELECT %(as_of)s::timestamptz + %(elapsed)s::interval AS moment) AS run
