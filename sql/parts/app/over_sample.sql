-- The value of an expression of the file for a made-up refund.
(SELECT {include whole_expression} FROM (SELECT {each refund_names ", "}f.{name}{end} FROM {refund} AS f) AS refund)
