-- Whether a column would change one of several amounts when it stores it. A whole amount fits into a whole column.
{if amounts}{each amounts " OR "}{if column_type}{amount}::numeric <> {amount}::{if money}numeric::money::numeric{else}{column_type}::text::numeric{end}{else}false{end}{end}{else}false{end}
