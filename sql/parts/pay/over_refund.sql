-- The value of an expression over a refund, beside the row that is written: a bare name is the refund's first.
(SELECT {value} FROM (
            SELECT {each refund_names ", "}sweeper_owed.sweeper_{name} AS {name}{end}
        ) AS refund)
