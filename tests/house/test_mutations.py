"""The list of mutations stays true: each still applies, each test that it names is there, no promise is left out."""

import re
from functools import cache

from tests.mutations import REPOSITORY, load

LIST = load()
PROMISES = range(1, 14)


def test_each_mutation_changes_one_place_and_names_tests_that_are_there() -> None:
    assert [mutation.name for mutation in LIST if len(mutation.places()) != 1] == []
    assert [mutation.name for mutation in LIST if mutation.text == mutation.becomes or not mutation.tests] == []
    named = sorted({test for mutation in LIST for test in mutation.tests})
    parts = [test.partition("::") for test in named]
    assert [test for test, (path, _, name) in zip(named, parts, strict=True) if f"def {name}(" not in read(path)] == []


@cache
def read(path: str) -> str:
    return (REPOSITORY / "tests" / path).read_text()


def test_every_promise_has_a_mutation() -> None:
    said = [re.match(r"(?:promise (\d+)|tried): \S", mutation.breaks) for mutation in LIST]
    assert all(said), "each says which promise, or which tried fact, it breaks"
    assert {int(match[1]) for match in said if match and match[1]} == set(PROMISES)


def test_no_two_mutations_have_one_name() -> None:
    assert len({mutation.name for mutation in LIST}) == len(LIST)
