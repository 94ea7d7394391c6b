"""What runs only where a cluster is given: Citus has no package that the tests could fetch."""

import pytest

from tests.helpers.citus import VARIABLE, Cluster, given_cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """A coordinator with workers."""
    found = given_cluster()
    if found is None:
        pytest.skip(f"{VARIABLE} names no coordinator of Citus: it has no package that the tests could fetch")
    return found
