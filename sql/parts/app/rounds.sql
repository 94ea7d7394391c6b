-- Whether a column would round one of several amounts. A whole amount fits into an integer column.
{if amounts}{each amounts " OR "}{if column_type}{amount}::numeric <> {amount}::{if money}numeric::money::numeric{else}{column_type}::text::numeric{end}{else}false{end}{end}{else}false{end}
