-- A number that must be whole: null where it has a fraction, or where several numbers have this value.
CASE WHEN ({value})::{exact_type} = pg_catalog.trunc(({value})::{exact_type}){if floating} AND pg_catalog.abs(({value})::{exact_type}) <= {largest}::{exact_type}{end} THEN {value} END
