"""`--config` before or after the command, given several times, or a folder: one file after the other."""

import json
from pathlib import Path
from typing import Any

import pytest
import stamina

from sweeper.cli import single_run
from sweeper.cli.several_runs import expanded, worst
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran, command

TABLES = ("prediction_sessions", "users")


def documents(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture
def two_apps(bare: AppDatabase, tmp_path: Path) -> tuple[AppDatabase, list[Path]]:
    """Two apps in one database, each with a file and a schema of its own in one folder; one session owed in each."""
    folder = tmp_path / "apps"
    folder.mkdir()
    text = bare.config.read_text()
    bare.account()
    bare.session("s1")
    bare.sql(
        "CREATE TABLE other_sessions AS TABLE prediction_sessions; ALTER TABLE other_sessions ADD PRIMARY KEY (id)"
    )
    files = []
    for name, table in (("one", "prediction_sessions"), ("two", "other_sessions")):
        file = folder / f"{name}.toml"
        file.write_text(
            f'[database]\nschema = "sweeper_{name}"\n' + text.replace('"prediction_sessions"', f'"{table}"')
        )
        assert bare.sweeper("install", now=None, SWEEPER_CONFIG=str(file)).exit_code == 0
        files.append(file)
    (folder / ".hidden.toml").write_text("not a mapping")
    (folder / "notes.txt").write_text("not a mapping")
    return bare, files


def test_the_file_may_be_named_before_the_command(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    environment = {"SWEEPER_DATABASE_URL": first.url, "SWEEPER_CONFIG": "nowhere.toml"}
    config = str(first.config)
    assert command("--config", config, "run", "--json", environment=environment).document["refunds"]["sessions"] == 1
    assert command(f"--config={config}", "explain", "s1", "--json", environment=environment).exit_code == 0
    ran = command("--config", "wrong.toml", "history", "--config", config, environment=environment)
    assert ran.exit_code == 0, "what is given after the command counts"
    failed = command("--config", "wrong.toml", "run", "--json", environment=environment)
    assert (failed.exit_code, failed.document["command"]) == (2, "run")
    assert "there is no wrong.toml" in failed.stderr


def test_other_commands_take_one_file(first: AppDatabase) -> None:
    config = str(first.config)
    ran = command("--config", config, "--config", config, "history", environment=first.environment)
    assert ran.exit_code == 2
    assert "only `sweeper run` takes several --config" in ran.stderr


@pytest.mark.parametrize("command_line", ["check", "audit", "history", "explain s1", "install", "sql pay"])
def test_other_commands_take_neither_several_files_nor_a_folder(first: AppDatabase, command_line: str) -> None:
    """The last of several would be another app than the one that was looked for."""
    config, folder = str(first.config), str(first.config.parent)
    several = first.sweeper(*command_line.split(), "--config", config, "--config", config)
    assert (several.exit_code, "takes several --config" in several.stderr) == (2, True)
    for ran in (
        first.sweeper(*command_line.split(), "--config", folder),
        first.sweeper(*command_line.split(), SWEEPER_CONFIG=folder),
    ):
        assert (ran.exit_code, f"{folder} is a folder, which only `sweeper run` takes" in ran.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [("run", "--config", ""), ("--config=", "run"), ("audit", "--config", " ")])
def test_an_empty_file_name_is_not_the_folder_that_one_is_in(first: AppDatabase, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments, environment=first.environment)
    assert (ran.exit_code, "'--config': it is empty" in ran.stderr) == (2, True)


def test_several_files_are_swept_one_after_the_other(two_apps: tuple[AppDatabase, list[Path]]) -> None:
    database, (one, two) = two_apps
    ran = database.sweeper("run", "--json", "--config", str(one), "--config", str(two), "--config", str(one))
    assert ran.exit_code == 0
    assert [(document["config"], document["refunds"]["credits"]) for document in documents(ran)] == [
        (str(one), 3),
        (str(two), 3),
    ]
    assert database.credits() == 106


def test_a_folder_is_swept_in_the_order_of_its_names(two_apps: tuple[AppDatabase, list[Path]]) -> None:
    database, (one, two) = two_apps
    ran = database.sweeper("run", "--json", SWEEPER_CONFIG=str(one.parent))
    assert [document["config"] for document in documents(ran)] == [str(one), str(two)]
    shown = database.sweeper("run", "--dry-run", "--config", str(one.parent))
    assert shown.stdout.count(f"{one}:\n") == 1


def test_a_file_that_is_wrong_stops_none_of_the_others_and_the_worst_exit_code_counts(
    two_apps: tuple[AppDatabase, list[Path]],
) -> None:
    database, (one, two) = two_apps
    broken = one.with_name("broken.toml")
    broken.write_text("[sessions]\n")
    ran = database.sweeper("run", "--json", "--config", str(broken), "--config", str(one.parent), "--max-amount", "1")
    assert ran.exit_code == 2
    wrong, *others = documents(ran)
    assert (wrong["config"], wrong["outcome"], wrong["error"]["code"]) == (str(broken), "failed", "config")
    assert [(document["config"], document["held"]) for document in others] == [(str(one), 1), (str(two), 1)]
    assert f"sweeper: {broken}:\n" in ran.stderr
    broken.write_text("[sessions")
    ran = database.sweeper("run", "--config", str(broken), "--config", str(one.with_name("none.toml")))
    assert ran.stderr.startswith(f"sweeper: {broken} is not valid TOML"), "named once"


def test_a_server_that_is_not_there_is_waited_for_once(two_apps: tuple[AppDatabase, list[Path]]) -> None:
    database, (one, _) = two_apps
    nowhere = "postgresql://u:s3cret@127.0.0.1:1/db"
    with stamina.set_testing(True, attempts=3, cap=True):
        ran = database.sweeper("run", "--json", "--config", str(one.parent), SWEEPER_DATABASE_URL=nowhere)
    assert (ran.exit_code, [found["error"]["code"] for found in documents(ran)]) == (1, ["connection"] * 2)
    assert ran.stderr.count('"event": "retrying"') == 2, "by the first file alone"


def test_a_crash_over_one_file_stops_none_of_the_others(
    two_apps: tuple[AppDatabase, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, (one, two) = two_apps
    original = single_run._sweep

    def crashing(settings: Settings, *arguments: Any, **options: Any) -> Any:
        if settings.database.schema_ == "sweeper_one":
            raise KeyError("s3cret")
        return original(settings, *arguments, **options)

    monkeypatch.setattr(single_run, "_sweep", crashing)
    ran = database.sweeper("run", "--json", "--config", str(one.parent))
    wrong, right = documents(ran)
    assert (ran.exit_code, wrong["config"], wrong["error"]["code"]) == (1, str(one), "internal")
    assert "KeyError at" in wrong["error"]["message"]
    assert (right["config"], right["refunds"]["sessions"]) == (str(two), 1)
    assert "s3cret" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([0, 0], 0), ([0, 3], 3), ([3, 4, 0], 4), ([4, 2], 2), ([2, 1, 4], 1), ([5, 0], 5), ([1, 143], 143)],
)
def test_the_worst_exit_code_counts(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


def test_a_session_belongs_to_one_file(two_apps: tuple[AppDatabase, list[Path]]) -> None:
    database, (one, _) = two_apps
    ran = database.sweeper("run", "--session", "s1", "--config", str(one.parent))
    assert ran.exit_code == 2
    assert "--session works with one file" in ran.stderr


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no \*\.toml in"):
        expanded([tmp_path])
