-- A status that is an expression. A text gets the database's collation, so that it can be compared.
{if text}(({status})::text{include default_collation}){else}{status}{end}
