"""The rules of an RFC, listed in `clauses.toml` beside its suite, and the tests for them."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def read_clauses(folder: Path) -> list[dict[str, Any]]:
    clauses: list[dict[str, Any]] = tomllib.loads((folder / "clauses.toml").read_text())["clause"]
    return clauses


def tests_in(files: list[Path]) -> set[str]:
    """Names of the test functions in these files, at their top level."""
    return {
        node.name
        for file in files
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def faults_of(folder: Path) -> list[str]:
    """What is wrong with the list in `folder`: a rule without a test, a test that is not there, a
    test of the suite that belongs to no rule or, by its name, to another section."""
    suite = tests_in(sorted(folder.glob("test_*.py"))) - {"test_every_rule_has_its_tests"}
    faults, named = [], set()
    for clause in read_clauses(folder):
        what = f"{clause['section']} {clause['must']}"
        tests = clause.get("tests", [])
        if bool(tests) is bool(clause.get("not_ours")):
            faults.append(f"{what}: either tests, or a reason why there are none")
        for test in tests:
            path, _, name = test.rpartition("::")
            named.add(name)
            known = tests_in([ROOT / path]) if path else suite
            if name not in known:
                faults.append(f"{what}: there is no {test}")
    return faults + [f"{name} belongs to no rule" for name in sorted(suite - named)]
