-- A value of the file over a refund, which is beside the row that is written: bare names are the refund's first.
(SELECT {value} FROM (
            SELECT {each refund_names ", "}sweeper_owed.sweeper_{name} AS {name}{end}
        ) AS refund)
