"""Sessions that are one of several tries of the same work: another session may have their charge."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop

pytestmark = pytest.mark.slow

# j21 to j25 failed, and were tried again as j31 to j35, which succeeded later
LINKS = {
    "retry_of": "UPDATE jobs SET retry_of = 'j' || (substr(id, 2)::int - 10) WHERE id BETWEEN 'j31' AND 'j35'",
    "superseded_by": "UPDATE jobs SET superseded_by = 'j3' || substr(id, 3) WHERE id BETWEEN 'j21' AND 'j25'",
}
LATER = "UPDATE jobs SET began = began + interval '2 min', ended = ended + interval '2 min' WHERE state = 'done'"


@pytest.mark.parametrize("link", LINKS)
def test_a_charge_that_moved_to_a_try_that_succeeded(bare: AppDatabase, link: str) -> None:
    app = marked_shop(bare)
    app.sql(f"ALTER TABLE jobs ADD {link} text REFERENCES jobs")
    app.sql(LINKS[link])
    assert "charges" not in rehearsed(app), "the other one is older: what it made was there before"
    app.sql(LATER)
    assert f"5 of 10 sessions that would be paid, such as j21, j22, j23, are linked by {link}" in refuses(
        app, "charges"
    )
    app.sql("UPDATE jobs SET retry_of = 'j1' WHERE id = 'j35'" if link == "retry_of" else
            "UPDATE jobs SET superseded_by = 'j36' WHERE id = 'j1'")  # fmt: skip
    assert "charges" not in rehearsed(app), "the app has refunded one that was tried again"


def test_sessions_that_are_known_to_be_charged(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; ALTER TABLE jobs ADD retry_of text REFERENCES jobs")
    app.sql(LINKS["retry_of"])
    app.sql(LATER)
    assert rehearsed(app) == {}, "the book has a charge for each try"
