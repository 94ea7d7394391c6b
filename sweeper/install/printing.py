"""An installation as SQL, for psql."""

from sweeper.install.plan import Steps


def printed(steps: Steps) -> str:
    parts = ["-- sweeper install, as SQL. Feed it to psql with ON_ERROR_STOP set."]
    if steps.own.scripts:
        parts += ["-- 1. The tables, in one transaction.", "BEGIN;", steps.surroundings, *steps.own.scripts, "COMMIT;"]
    if steps.indexes.live_function:
        parts += ["BEGIN;", steps.indexes.live_function, "COMMIT;"]
    parts += [
        "-- 2. The indexes, each outside any transaction: not in a migration that opens one.",
        *steps.indexes.drop_broken,
        *(index.create for index in steps.indexes.build),
        "-- 3. refund() and the mapping that is now installed, in one transaction. Without it no run begins.",
        "BEGIN;",
        steps.surroundings,
        steps.functions,
        steps.settings,
        "COMMIT;",
    ]
    if obsolete := (*steps.indexes.drop_obsolete, *steps.indexes.drop_functions):
        parts += ["-- 4. What the mapping before needed, outside any transaction.", *obsolete]
    parts.append("-- 5. Rights, for roles that you name: take away the dashes.")
    parts += ["\n".join(f"-- {line}" for line in text.splitlines()) for text in steps.grants.values()]
    return "\n\n".join(parts) + "\n"
