-- A status that is an expression: a text by the collation of the database, so that it can be compared with others.
{if text}(({status})::text{include default_collation}){else}{status}{end}
