-- What moves on the row of an account, a, by what its sessions are owed. Both operands are of one type, for whose sum nobody
-- can put an operator of their own.
{balance_column} = a.{balance_column}::{balance_sum_type} + owed.amount::{balance_sum_type}{if spent},
    {spent_column} = a.{spent_column}::{spent_sum_type} - owed.amount::{spent_sum_type}{end}{if updated_at},
    {updated_column} = owed.at{end}
