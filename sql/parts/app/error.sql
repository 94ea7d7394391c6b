-- The session's error as text, in the default collation, because LIKE does not work with every collation.
{if mapped}({error})::text{if collated}{include default_collation}{end}{else}NULL::text{end}
