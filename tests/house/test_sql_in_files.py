"""SQL stands in the files of ``sql/``: no word of it is put together in Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sweeper"
# init writes a file for the user, who reads it before anything is sent; the demo plays the app; check says with each
# failure which SQL would fix it
LEFT_OUT = ("init", "demo", "check")
PROGRAM = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in LEFT_OUT)
# what says to the user which SQL to run, or to write into the file; sweeper does not send it
ADVICE = {
    "app/search_path.py": {"_fix"},
    "install/checks.py": {"check_ledger_rows"},
    "install/indexes/indexes.py": {"_canonical"},
    "install/plan.py": {"_notes"},
    "install/own_ledger/other_installations.py": {"require_only_installation"},
}
WORD = re.compile(
    r"\b(SELECT|FROM|WHERE|JOIN|CASE|WHEN|THEN|ELSE|ARRAY|UNION|LIMIT|VALUES|RETURNING|COLLATE|OPERATOR|CAST|EXPLAIN"
    r"|ORDER BY|GROUP BY|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|GRANT|REVOKE|BEGIN|COMMIT|UNIQUE|CONCURRENTLY|DEFAULT"
    r"|SET|NULL|LIKE|ANY|AND|OR|NOT|IS|AS)\b"
    r"|::|\bpg_catalog\b|\b(coalesce|nullif|greatest|least|now)\("
)
STATEMENT = re.compile(
    r"\A\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|EXPLAIN|WITH|GRANT|REVOKE|CASE|ARRAY|coalesce)\b\W*\w"
    r"|::[a-z]|\bpg_catalog\."
)


def written(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each string with words of SQL, with the outermost function or class in which it stands.

    A string that is put together counts when a piece of it has one word; one that is not, when it is a statement or
    an expression. Docstrings and patterns do not count, nor do the names of privileges.
    """
    for outer in ast.iter_child_nodes(tree):
        where = getattr(outer, "name", "")
        silent = set(map(id, quiet(outer)))
        for node in ast.walk(outer):
            pieces = [piece.value for piece in built(node) if is_text(piece) and id(piece) not in silent]
            yield from ((where, piece) for piece in pieces if WORD.search(piece))
            if (
                is_text(node)
                and id(node) not in silent
                and STATEMENT.search(node.value)
                and not is_privileges(node.value)
            ):
                yield where, node.value


def quiet(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            for argument in node.args:
                yield from ast.walk(argument)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_privileges(text: str) -> bool:
    return re.fullmatch(r"[A-Z]+(, [A-Z]+)*", text) is not None


def built(node: ast.AST) -> list[ast.expr]:
    """The pieces that an expression puts together."""
    match node:
        case ast.JoinedStr(values=values):
            return values
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return [left, right]
        case ast.AugAssign(op=ast.Add(), value=value):
            return [value]
        case ast.Call(func=ast.Attribute(value=text, attr="join" | "format")):
            return [text, *node.args]
    return []


def test_no_sql_is_put_together_in_python() -> None:
    for path in PROGRAM:
        allowed = ADVICE.get(path.relative_to(PACKAGE).as_posix(), set())
        assert [text for where, text in written(ast.parse(path.read_text())) if where not in allowed] == [], path


def test_what_is_allowed_is_still_there() -> None:
    for name, functions in ADVICE.items():
        assert functions <= {where for where, _ in written(ast.parse((PACKAGE / name).read_text()))}, name


@pytest.mark.parametrize(
    "source",
    [
        '", ".join(f"{column} = a.{column}::{kind}" for column in columns)',
        '"EXPLAIN (FORMAT JSON) " + statement',
        'f"CASE WHEN {condition} THEN {value} END"',
        '" OR ".join(conditions)',
        'slots = {"same_account": "r.account_id::text = v.account_id::text"}',
        'ran = "SELECT true"',
    ],
)
def test_such_would_be_found(source: str) -> None:
    assert list(written(ast.parse(source)))
