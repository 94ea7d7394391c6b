-- Finds a collation by which the guard's index would now be in another order than when it was built, as after an update
-- of the system's libraries. Such an index does not find all of its rows, and a refund would be written twice.
SELECT found.name,
       found.built,
       found.now,
       pg_catalog.format('REINDEX DATABASE %%I; %%s;', pg_catalog.current_database(), found.refresh) AS fix
{include changed_collation}
LIMIT 1
