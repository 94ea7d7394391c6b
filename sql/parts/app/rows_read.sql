-- How many rows a subquery of the file reads: the planner leaves out nothing of it, as it would for EXISTS.
(SELECT pg_catalog.count(x.*) FROM {subquery} AS x)
