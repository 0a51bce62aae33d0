"""`[[push.rooms]]` from a file to the policies, and back by `parlor config print`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from parlor.boot.config import Config, ConfigError, load
from parlor.boot.sections import SECTIONS
from parlor.model.ids import RoomId
from parlor.push.policies import CHAT_ROOMS, Policies, RoomPolicy
from parlor.push.settings import PushSettings

DOCS = Path(__file__).parents[3] / "docs"


def loaded(file: Path, text: str) -> Config:
    file.write_text(text)
    return load(SECTIONS, file=file, environment={}, flags=[])


@pytest.mark.parametrize("name", ["push.md", "push.zh.md"])
def test_the_example_of_the_guide_is_good(tmp_path: Path, name: str):
    guide = (DOCS / name).read_text("utf-8")
    example, as_it_comes = re.findall(r"```toml\n(\[\[push.rooms.*?)```", guide, re.DOTALL)
    push = loaded(tmp_path / "parlor.toml", example).section("push", PushSettings)
    live = RoomPolicy("live:*", replay_count=100, replay_s=300.0, publish=True, presence=True)
    assert push.rooms == (live, RoomPolicy("score:*", replay_s=60.0))
    assert Policies(push.rooms).of(RoomId("live:1")) == live
    push = loaded(tmp_path / "parlor.toml", as_it_comes).section("push", PushSettings)
    assert push.rooms == PushSettings().rooms


def test_without_rooms_of_its_own_a_file_leaves_the_chat_rooms_and_may_take_them_away(
    tmp_path: Path,
):
    for text, rooms in (("", (CHAT_ROOMS,)), ("[push]\nrooms = []\n", ())):
        push = loaded(tmp_path / "parlor.toml", text).section("push", PushSettings)
        assert push.rooms == rooms


def test_what_is_printed_is_read_back_the_same(tmp_path: Path):
    text = '[[push.rooms]]\nmatch = "a \\"b\\" *"\npublish = true\n[[push.rooms]]\nmatch = "*"\n'
    config = loaded(tmp_path / "one.toml", text)
    printed = "\n".join(config.lines(frozenset()))
    assert len(tomllib.loads(printed)["push"]["rooms"]) == 2
    again = loaded(tmp_path / "two.toml", printed)
    assert again.section("push", PushSettings) == config.section("push", PushSettings)


@pytest.mark.parametrize(
    "wrong",
    ['match = ""', 'match = "a"\nreplay = 5', 'match = "a"\nreplay_count = -1', "publish = 1"],
)
def test_a_policy_that_makes_no_sense_names_the_file_and_the_key(tmp_path: Path, wrong: str):
    with pytest.raises(ConfigError, match=r"parlor\.toml: push\.rooms"):
        loaded(tmp_path / "parlor.toml", f"[[push.rooms]]\n{wrong}\n")


@pytest.mark.parametrize(
    "wrong", [{"history_bytes": -1}, {"history_rooms": 0}, {"presence_tick_s": 0.0}]
)
def test_bounds_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="`"):
        PushSettings(**wrong)
