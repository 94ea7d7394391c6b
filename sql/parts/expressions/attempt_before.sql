-- The attempt of a session as it was before a migration changed the type of its column, or renamed values of its enum.
{if renamed}coalesce({old_labels}::jsonb ->> ({attempt})::text, ({attempt})::text){else}({attempt})::{old_type}{end}
