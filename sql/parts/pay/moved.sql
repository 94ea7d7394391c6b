-- What moves on the row of an account, a, by what its sessions are owed. Both operands are of one type, for whose sum nobody
-- can put an operator of their own.
{each moves ",\n        "}{column} = {if moment}owed.at{if zone} AT TIME ZONE {zone}{end}{else}a.{column}{if kept}{else}::{sum_type} {if minus}-{else}+{end} owed.{value}::{sum_type}{end}{end}{end}
