-- Plans, without running it, the update that closes a stuck session, marks a refunded one or removes the mark: the
-- server reports a value that does not fit its column.
EXPLAIN UPDATE {sessions} AS s
SET {if closes_status}{status_column} = {first_failed}{if set_columns},
        {end}{end}{each set_columns ",\n        "}{column} = {value}{end}
FROM (
    SELECT {each refund_names ", "}f.{name} AS sweeper_{name}{end}
    FROM {refund_sample} AS f
) AS sweeper_owed
WHERE false
