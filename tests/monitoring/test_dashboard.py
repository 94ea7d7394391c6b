"""The dashboard: every metric in it is one that sweeper exports, and Grafana and Prometheus can read it."""

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweeper.core.errors import Exit
from sweeper.monitoring import metrics
from tests.helpers.paths import REPOSITORY
from tests.helpers.programs import program

DASHBOARD: dict[str, Any] = json.loads((REPOSITORY / "deploy" / "grafana" / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
COLUMNS = 24
each_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])


def test_every_metric_is_one_that_is_exported_and_each_is_shown() -> None:
    variables = [variable["definition"] for variable in DASHBOARD["templating"]["list"] if "definition" in variable]
    used = set(re.findall(r"sweeper_\w+", " ".join([*EXPRESSIONS, *variables])))
    assert used == set(metrics.HELP)


@each_panel
def test_a_panel_has_what_grafana_wants(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"]
    assert panel["type"] in {"stat", "timeseries", "state-timeline"}
    assert panel["fieldConfig"].keys() == {"defaults", "overrides"}
    assert panel["options"]
    assert panel["targets"]
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)
    for one in (panel, *panel["targets"]):
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        assert target["instant"] is not target["range"]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    values = [step["value"] for step in steps]
    assert values[0] is None, "the first step is below all others"
    assert values[1:] == sorted(values[1:])


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells: set[tuple[int, int]] = set()
    for panel in PANELS:
        x, y, w, h = (panel["gridPos"][key] for key in "xywh")
        assert x + w <= COLUMNS
        mine = set(itertools.product(range(x, x + w), range(y, y + h)))
        assert not cells & mine, panel["title"]
        cells |= mine


def test_it_can_be_imported_and_is_bound_to_no_installation() -> None:
    assert DASHBOARD["id"] is None, "the id is Grafana's own"
    assert DASHBOARD["uid"]
    assert len(DASHBOARD["uid"]) <= 40
    assert isinstance(DASHBOARD["schemaVersion"], int)
    assert DASHBOARD["time"].keys() == {"from", "to"}
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))
    assert used - {"__all"} == set(variables)
    needed = {one["id"] for one in DASHBOARD["__requires"] if one["type"] == "panel"}
    assert needed == {panel["type"] for panel in PANELS}


def test_an_app_without_a_label_is_shown_too() -> None:
    (app,) = [variable for variable in DASHBOARD["templating"]["list"] if variable["name"] == "app"]
    assert app["allValue"] == ".*", "which an absent label is, too"
    assert all('app=~"$app"' in expression for expression in EXPRESSIONS)


def test_exit_codes_are_those_of_a_run() -> None:
    for panel in PANELS:
        for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
            assert {int(code) for code in mapping["options"]} == {int(code) for code in Exit} - {Exit.FOUND}


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    """As rules of a file, which is what promtool reads."""
    rules = [
        {"record": f"dashboard:expression_{number}", "expr": expression.replace("$app", ".*")}
        for number, expression in enumerate(EXPRESSIONS)
    ]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    command = [program("promtool"), "check", "rules", str(tmp_path / "rules.yaml")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(rules)} rules found" in ran.stdout
