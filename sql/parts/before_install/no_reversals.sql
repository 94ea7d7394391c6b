-- Stands for the reversals where nothing is installed yet, for a dry run: nothing was taken back.
(SELECT NULL::uuid AS refund_id
 WHERE false)
