-- Whether a column would keep one of several amounts other than it is. A whole amount fits into a whole column.
{if amounts}{each amounts " OR "}{if column_type}{amount}::numeric <> {amount}::{if money}numeric::money::numeric{else}{column_type}::text::numeric{end}{else}false{end}{end}{else}false{end}
