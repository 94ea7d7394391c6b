"""The list of mutations stays true: each still applies, each test that it names is there, no promise is left out."""

import re

import pytest

from tests.mutations import REPOSITORY, Mutation, load

LIST = load()
PROMISES = range(1, 14)


@pytest.mark.parametrize("mutation", LIST, ids=lambda mutation: mutation.name)
def test_a_mutation_changes_one_place_and_names_tests_that_are_there(mutation: Mutation) -> None:
    assert len(mutation.places()) == 1
    assert mutation.text != mutation.becomes
    assert mutation.tests
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (REPOSITORY / "tests" / path).read_text(), test


def test_every_promise_has_a_mutation() -> None:
    said = [re.match(r"(?:promise (\d+)|tried): \S", mutation.breaks) for mutation in LIST]
    assert all(said), "each says which promise, or which tried fact, it breaks"
    assert {int(match[1]) for match in said if match and match[1]} == set(PROMISES)


def test_no_two_mutations_have_one_name() -> None:
    assert len({mutation.name for mutation in LIST}) == len(LIST)
