-- A made-up refund, behind the rows that an expression over one may read, too.
{each beside ""}{table} AS {alias} CROSS JOIN {end}{refund_sample}
