-- Whether sweeper's own tables are there.
SELECT to_regclass(%(name)s) IS NOT NULL AS found
