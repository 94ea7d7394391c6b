-- Plans, and does not do, the insert into the app's ledger: the server says which value does not fit its column.
EXPLAIN INSERT INTO {ledger} ({each values ", "}{column}{end})
SELECT {each values ", "}{value}{end}
FROM {refund} AS refund
