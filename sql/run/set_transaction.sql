-- Sets the bounds and the surroundings of this transaction, and of no other. It runs under whatever path the connection
-- has: it calls functions of pg_catalog by their full names, and no bare operator or type that a path could give.
SELECT pg_catalog.set_config('lock_timeout', pg_catalog.concat(least(
           %(lock_ms)s::bigint,
           -- whoever waits longest is the deadlock victim: the sweep gives way before the app has to
           greatest(1, (500 OPERATOR(pg_catalog.*) extract(epoch FROM pg_catalog.current_setting('deadlock_timeout')::interval))::bigint)
       ), 'ms'), true),
       pg_catalog.set_config('statement_timeout', pg_catalog.concat(%(statement_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', pg_catalog.concat(%(idle_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('search_path', coalesce(
           %(search_path)s::varchar,
           -- pg_catalog is searched first where a path does not name it; behind another schema it would be second to that
           pg_catalog.regexp_replace(
               pg_catalog.current_setting('search_path'), '(^|[, ])"?pg_catalog"?(?=$|[, ])', E'\\1""', 'gi'
           )
       ), true),
       pg_catalog.set_config('row_security', 'off', true),
       -- how the app's own texts and its floating balances are read
       pg_catalog.set_config('standard_conforming_strings', 'on', true),
       pg_catalog.set_config('extra_float_digits', '1', true),
       -- what one number of the type money is: as this role begins, whatever another client has left
       pg_catalog.set_config('lc_monetary', NULL, true),
       -- or a look by such an index finds some of the rows, by chance
       pg_catalog.set_config('gin_fuzzy_search_limit', '0', true),
       -- the server has it since version 17; those above bound each statement. A clock that ticks already is stopped
       -- first: it would not be set anew
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', '0', true)
       END,
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', pg_catalog.concat(%(transaction_ms)s::bigint, 'ms'), true)
       END,
       -- a client that takes nothing any more is given up: until then a server that cannot send keeps its locks
       pg_catalog.set_config('tcp_user_timeout', pg_catalog.concat(%(tcp_user_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('TimeZone', %(timezone)s, true),
       pg_catalog.set_config('DateStyle', 'ISO, MDY', true),
       pg_catalog.set_config('IntervalStyle', 'postgres', true),
       -- how the server writes down the app's names: what is installed is compared with that
       pg_catalog.set_config('quote_all_identifiers', 'off', true),
       -- compiling a statement takes longer than running it over one page
       pg_catalog.set_config('jit', 'off', true),
       -- for a full sweep, which holds all of history against the ledger at once; no other statement needs it
       pg_catalog.set_config(
           'work_mem',
           pg_catalog.concat(pg_catalog.div(
               greatest(pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')), 16777216), 1024
           ), 'kB'),
           true
       ),
       -- one core at the most: the others are the app's
       pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
       -- only a superuser may set it; where a pooler hands on a connection it may be left from another client
       pg_catalog.current_setting('session_replication_role') AS replication_role
