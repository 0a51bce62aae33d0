"""Which metrics the source has, by name, kind and labels: read from the calls that make them."""

from __future__ import annotations

import ast
from pathlib import Path

import parlor

SOURCE = Path(parlor.__file__).parent
_KINDS = {"count": "counter", "observe": "histogram", "gauge": "gauge", "gauges": "gauge"}


def metrics() -> dict[str, tuple[str, frozenset[str]]]:
    """Name as Prometheus has it -> kind, labels (of all calls together)."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and (kind := _kind(node)):
                name, labels = _exposed(_name(node), kind), _labels(node)
                known = found.get(name)
                if known is not None:
                    assert known[0] == kind, f"{name} is a {known[0]} and a {kind}"
                    labels |= known[1]
                found[name] = (kind, labels)
    return found


def _kind(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return "gauge" if call.func.id == "gauge" and call.args else ""
    if not isinstance(call.func, ast.Attribute):
        return ""
    owner = ast.unparse(call.func.value)
    is_meter = owner.endswith("meter") or (owner == "self" and call.func.attr == "_gauge")
    kind = _KINDS.get(call.func.attr.lstrip("_"), "")
    return kind if is_meter else ""


def _name(call: ast.Call) -> str:
    name = call.args[0]
    assert isinstance(name, ast.Constant), f"a metric without a fixed name: {ast.unparse(call)}"
    return str(name.value)


def _labels(call: ast.Call) -> frozenset[str]:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "gauges":
        label = call.args[1]
        assert isinstance(label, ast.Constant)
        return frozenset({str(label.value)})
    own = {word.arg for word in call.keywords if word.arg not in (None, "by")}
    return frozenset(str(label) for label in own)


def _exposed(name: str, kind: str) -> str:
    if kind == "counter" and not name.endswith("_total"):
        name += "_total"
    return f"parlor_{name}"
