-- What the row says about its failure, as text. LIKE does not take every collation.
{if mapped}({error})::text{if collated}{include default_collation}{end}{else}NULL::text{end}
