-- A value of the file over a made-up refund.
(SELECT {value} FROM {refund} AS refund)
