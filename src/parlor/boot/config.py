"""Settings from flags, environment, a TOML file and defaults, each with its origin.

Packages declare their settings as msgspec Structs; this module composes them under section
names (`SECTIONS` in boot.sections) and refuses what nobody declared, naming the nearest key
that exists. Precedence: `--set` over `PARLOR_SECTION__KEY` over the file over defaults.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
ENVIRONMENT_PREFIX = "PARLOR_"
# Set by tools around the program, not settings of it.
_NOT_SETTINGS = frozenset({"PARLOR_CONFIG", "PARLOR_DATA", "PARLOR_KEY"})


class ConfigError(Exception):
    """One line that names the source, the key, and what to do. Exit status 2."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody gave for `section.key`, before it is checked. `origin` is for people."""

    section: str
    key: str
    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Config:
    """Everything in force: one Struct per section, and where each value comes from."""

    sections: Mapping[str, msgspec.Struct]
    origins: Mapping[tuple[str, str], str]

    def section(self, name: str, kind: type[S]) -> S:
        found = self.sections[name]
        if not isinstance(found, kind):
            raise TypeError(f"section {name} is {type(found).__name__}, not {kind.__name__}")
        return found

    def lines(self, secret: frozenset[tuple[str, str]]) -> Iterator[str]:
        """`parlor config print`: valid TOML, with the origin of each value as a comment."""
        for name, values in self.sections.items():
            yield f"[{name}]"
            for field in msgspec.structs.fields(values):
                value = getattr(values, field.encode_name)
                shown = '"***"' if (name, field.name) in secret and value else _toml(value)
                origin = self.origins.get((name, field.name), "default")
                if value is None:
                    # TOML has no word for it.
                    yield f"# {field.name} is not set  # {origin}"
                else:
                    yield f"{field.name} = {shown}  # {origin}"
            yield ""


def load(
    sections: Mapping[str, type[msgspec.Struct]],
    *,
    file: Path | None,
    environment: Mapping[str, str],
    flags: Sequence[Given],
) -> Config:
    """Compose the settings in force. Raises ConfigError for the first thing that is wrong."""
    given = [
        *(_from_file(file, sections) if file else ()),
        *_from_environment(environment),
        *flags,
    ]
    values: dict[str, dict[str, object]] = {name: {} for name in sections}
    origins: dict[tuple[str, str], str] = {}
    for item in given:
        kind = sections.get(item.section)
        if kind is None:
            near = _nearest(item.section, sections)
            raise ConfigError(f"{item.origin}: no section [{item.section}]{near}")
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        if item.key not in fields:
            near = _nearest(item.key, fields)
            raise ConfigError(f"{item.origin}: no key {item.section}.{item.key}{near}")
        values[item.section][item.key] = _checked(item, fields[item.key].type)
        origins[item.section, item.key] = item.origin
    built: dict[str, msgspec.Struct] = {}
    for name, kind in sections.items():
        try:
            built[name] = msgspec.convert(values[name], kind)
        except msgspec.ValidationError as wrong:
            raise ConfigError(f"[{name}]: {wrong}") from wrong
        except ValueError as wrong:
            raise ConfigError(f"[{name}]: {wrong}") from wrong
    return Config(built, origins)


def parse_assignment(text: str, origin: str) -> Given:
    """`section.key=value` of a `--set` flag."""
    path, equals, value = text.partition("=")
    section, dot, key = path.strip().rpartition(".")
    if not equals or not dot:
        raise ConfigError(f"{origin}: write it as section.key=value, not {text!r}")
    return Given(section, key, value, origin)


def _from_file(file: Path, sections: Mapping[str, type[msgspec.Struct]]) -> Iterator[Given]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as wrong:
        raise ConfigError(f"{file}: {wrong.strerror or wrong}") from wrong
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{file}: not TOML: {wrong}") from wrong
    yield from _flatten(tables, "", str(file), sections)


def _flatten(
    table: Mapping[str, object], path: str, origin: str, sections: Mapping[str, object]
) -> Iterator[Given]:
    for key, value in table.items():
        below = f"{path}.{key}" if path else key
        is_path = below in sections or any(name.startswith(below + ".") for name in sections)
        if isinstance(value, dict) and (is_path or not path):
            if not is_path:
                raise ConfigError(f"{origin}: no section [{below}]{_nearest(below, sections)}")
            yield from _flatten(value, below, origin, sections)
        elif not path:
            raise ConfigError(f"{origin}: {key} stands in no section; put it under [section]")
        else:
            yield Given(path, key, value, origin)


def _from_environment(environment: Mapping[str, str]) -> Iterator[Given]:
    for name, value in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_SETTINGS:
            continue
        path = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        if len(path) < 2:
            raise ConfigError(f"environment {name}: write it as PARLOR_SECTION__KEY")
        yield Given(".".join(path[:-1]), path[-1], value, f"environment {name}")


def _checked(item: Given, kind: Any) -> object:
    """`item.value` as `kind`. Text from flags and environment may stand for numbers and lists."""
    attempts: list[object] = [item.value]
    if isinstance(item.value, str):
        attempts.append([part.strip() for part in item.value.split(",") if part.strip()])
    problem: Exception | None = None
    for value in attempts:
        try:
            return msgspec.to_builtins(msgspec.convert(value, kind, strict=False))
        except (msgspec.ValidationError, ValueError) as wrong:
            problem = problem or wrong
    raise ConfigError(f"{item.origin}: {item.section}.{item.key}: {problem}") from problem


def _nearest(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; there is {', '.join(sorted(known))}"


def _toml(value: object) -> str:
    if isinstance(value, (list, tuple, frozenset, set)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Path):
        value = str(value)
    return msgspec.json.encode(value).decode()
