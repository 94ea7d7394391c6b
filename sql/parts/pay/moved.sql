-- What is added to the row of an account, a, for what its sessions are owed. Both operands have the same type, so that
-- nobody can add an operator of their own that fits better.
{each moves ",\n        "}{column} = {if moment}owed.at{if zone} AT TIME ZONE {zone}{end}{else}a.{column}{if kept}{else}::{sum_type} {if minus}-{else}+{end} owed.{value}::{sum_type}{end}{end}{end}
