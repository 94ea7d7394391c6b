-- A time of the row as timestamptz. A time without a zone is read in the transaction's TimeZone, which is the
-- mapping's. Where Citus distributes the row the zone is given, because Citus does not allow a cast that depends on a
-- setting in a statement that writes.
{if zone_named}(({moment}) AT TIME ZONE {zone}){else}({moment})::timestamptz{end}
