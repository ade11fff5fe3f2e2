"""As much of JSON Schema as the schemas of T1 and T4 use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_KEYWORDS = {"type", "enum", "pattern", "required", "properties", "items"}
_IGNORED = {"$schema", "$id", "title", "description", "examples", "example", "oneOf"}


def schema(name: str) -> Any:
    """A schema that is kept beside."""
    return json.loads(Path(__file__).with_name("schemas").joinpath(name).read_text())


def problems(value: Any, schema: Any, where: str = "it") -> list[str]:
    """Why a value does not fit a schema; nothing if it does."""
    assert set(schema) <= _KEYWORDS | _IGNORED, set(schema) - _KEYWORDS - _IGNORED
    found = []
    if "type" in schema and not _is(value, schema["type"]):
        found.append(f"{where} is no {schema['type']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where} is not like {schema['pattern']}")
    if isinstance(value, dict):
        found += [
            f"{where} has no {name}" for name in schema.get("required", ()) if name not in value
        ]
        for name, one in schema.get("properties", {}).items():
            if name in value:
                found += problems(value[name], one, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            found += problems(one, schema["items"], f"{where}[{i}]")
    return found


def _is(value: Any, names: str | list[str]) -> bool:
    kinds = [
        kind for name in ([names] if isinstance(names, str) else names) for kind in _TYPES[name]
    ]
    return isinstance(value, tuple(kinds)) and (not isinstance(value, bool) or bool in kinds)
