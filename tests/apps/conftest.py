"""The order of the tests of whole apps."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of one app one after the other, so that its templates are built once and not anew for each test.

    Their rows are as old as they must be for some minutes only.
    """
    places = [place for place, item in enumerate(items) if item.path.name == "test_shapes.py"]
    for place, item in zip(places, sorted((items[place] for place in places), key=_app), strict=True):
        items[place] = item


def _app(item: pytest.Item) -> str:
    parameters = item.callspec.params  # type: ignore[attr-defined]
    return str(parameters.get("app") or parameters["name"])
