-- A number that must be whole: null where it has a fraction.
CASE WHEN ({value})::{exact_type} = pg_catalog.trunc(({value})::{exact_type}) THEN {value} END
