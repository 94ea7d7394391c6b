-- The roles that have, or can take, the rights of a role in `wanted`; superusers have those of all. Since version 16 a
-- membership says what it gives: the rights of the role, SET ROLE, both, or, unless it may be granted on, nothing.
-- From the roles that are asked about, since each of a hundred roles may be a member of 20,000.
acting (who, role, by_set) AS (
    SELECT r.oid, r.oid, false
    FROM pg_catalog.pg_roles AS r
    WHERE r.oid IN (SELECT w.role FROM wanted AS w)
    UNION
    -- who has only inherited the rights of a role cannot SET ROLE to others of which that is a member
    SELECT m.member, a.role, NOT (m.grants OR m.inherits AND NOT a.by_set)
    FROM acting AS a
    CROSS JOIN LATERAL (
        SELECT g.member,
               g.admin_option AS grants,
               coalesce((g.given ->> 'set_option'::text)::boolean, true) AS sets,
               coalesce((g.given ->> 'inherit_option'::text)::boolean, true) AS inherits
        FROM (
            SELECT b.member, b.admin_option, pg_catalog.to_jsonb(b) AS given
            FROM pg_catalog.pg_auth_members AS b
            WHERE b.roleid = a.who
            OFFSET 0  -- once a row
        ) AS g
        UNION ALL
        SELECT d.datdba, false, true, true
        FROM pg_catalog.pg_database AS d
        JOIN pg_catalog.pg_roles AS r ON r.rolname = 'pg_database_owner'
        WHERE d.datname = pg_catalog.current_database()
          AND r.oid = a.who
    ) AS m
    WHERE m.grants OR m.sets OR m.inherits AND NOT a.by_set
)
