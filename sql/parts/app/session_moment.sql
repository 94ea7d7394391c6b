-- A time that a row knows, as a moment. The transaction's TimeZone is the mapping's, so a timestamp without zone is read in
-- it; where Citus has distributed the row, the zone is named: it takes no cast that depends on a setting where it writes.
{if zone_named}(({moment}) AT TIME ZONE {zone}){else}({moment})::timestamptz{end}
