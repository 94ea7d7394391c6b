"""The JSON Schema of ``sweeper.toml``, from the models, for editors."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import durationpy

from sweeper.config.descriptions import DESCRIPTIONS
from sweeper.config.model import Section, Settings, section_of

# the dialect of Taplo, which the TOML extensions of editors use
DIALECT = "http://json-schema.org/draft-07/schema#"


def file_schema() -> dict[str, Any]:
    """The schema of the whole file, each key with what it means and its default."""
    generated = Settings.model_json_schema(by_alias=True)
    content = _plain(generated, generated.pop("$defs"))
    _describe(content, Settings, "")
    return {"$schema": DIALECT, **content, "title": "sweeper.toml", "description": "What `sweeper` is to do."}


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    """The same schema with references resolved, as that dialect needs, and without what TOML does not have."""
    if isinstance(node, list):
        return [_plain(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **{key: node[key] for key in node if key != "$ref"}}
    if "anyOf" in node:
        kinds = [kind for kind in node["anyOf"] if kind != {"type": "null"}]
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        node = {**_plain(kinds[0], definitions), **rest} if len(kinds) == 1 else {**rest, "anyOf": kinds}
    return {key: _plain(value, definitions) for key, value in node.items() if key not in ("title", "default")}


def _describe(content: dict[str, Any], model: type[Section], prefix: str) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        described = content["properties"][key]
        path = f"{prefix}{key}"
        if path in DESCRIPTIONS:
            described["description"] = DESCRIPTIONS[path]
        section = section_of(field.annotation)
        if section is not None:
            inner = described.get("items", described)
            inner["description"] = DESCRIPTIONS.get(path) or str(section.__doc__).partition("\n")[0].replace("``", "`")
            _describe(inner, section, f"{path}.")
        elif field.default is not None and not field.is_required():
            described["default"] = _as_toml(field.default)


def _as_toml(default: Any) -> Any:
    return durationpy.to_str(default) if isinstance(default, timedelta) else default
