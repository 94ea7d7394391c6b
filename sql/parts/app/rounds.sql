-- Whether a column would keep one of several amounts other than it is. A whole amount fits into a whole column.
{if amounts}{each amounts " OR "}{if column_type}{amount}::numeric <> {amount}::{column_type}::text::numeric{else}false{end}{end}{else}false{end}
