"""An operator that an extension brought reads no table of the app."""

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase


def test_an_operator_of_an_extension_is_none_of_the_apps(bare: AppDatabase) -> None:
    """That of pg_trgm has the name of the remainder of a division, and depends on a setting."""
    app = App(bare)
    app.map(amount="price % 100")
    assert app.install().exit_code == 0
    before = app.database.sweeper("sql", "find_changed").stdout
    app.sql(
        "CREATE FUNCTION alike(text, text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'; "
        "CREATE OPERATOR % (LEFTARG = text, RIGHTARG = text, FUNCTION = alike)"
    )
    assert app.database.sweeper("sql", "find_changed").stdout != before
    app.sql("ALTER EXTENSION plpgsql ADD OPERATOR % (text, text)")
    assert app.database.sweeper("sql", "find_changed").stdout == before
