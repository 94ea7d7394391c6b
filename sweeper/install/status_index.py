"""The index on live sessions where the status is an expression: over the expression, when an index may have it."""

from sweeper.app.mapping import Mapping
from sweeper.app.session_slots import live_predicate
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, fill_part, fill_script
from sweeper.postgres.transaction import Transaction


def indexable_predicate(transaction: Transaction, mapping: Mapping) -> str:
    """Of which rows the index is, in the server's own words; empty where an index cannot have the expression.

    It cannot where the expression reads other tables, or calls a function that is not immutable.
    """
    if not mapping.status.of_row:
        return ""
    slots = {"table": mapping.slots["sessions"], "expression": mapping.slots["live_status"]}
    try:
        with transaction.undone():
            transaction.script(fill_script("probe_expression", slots))
            transaction.rows(fill("leave_search_path", {}))
            probe = transaction.row(fill("read_probe", {}))
    except (Refusal, SweeperError) as error:
        if getattr(error, "code", "") == "privilege":  # no temporary tables for this role: written as in the file
            return mapping.live_predicate
        return ""
    status = fill_part("expression", {"expression": probe.keys[0]})
    return live_predicate({**mapping.slots, "live_status": status})
