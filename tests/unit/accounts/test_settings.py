import tomllib

import pytest

from parlor.accounts.device_policy import DevicePolicy
from parlor.accounts.settings import AccountsSettings
from parlor.boot.config import ConfigError, load
from parlor.model.device import Platform

SECTIONS = {"accounts": AccountsSettings}


def written(tmp_path, text):
    file = tmp_path / "parlor.toml"
    file.write_text(text)
    return load(SECTIONS, file=file, environment={}, flags=[])


def test_a_policy_for_each_platform_comes_from_the_file_and_is_printed_as_one(tmp_path):
    config = written(
        tmp_path,
        '[accounts.device_policy]\nios = {over = "replace_oldest"}\n'
        'web = {over = "refuse", at_most = 5}\n',
    )
    policy = config.section("accounts", AccountsSettings).device_policy
    assert policy == {
        Platform.IOS: DevicePolicy("replace_oldest", 1),
        Platform.WEB: DevicePolicy("refuse", 5),
    }
    printed = tomllib.loads("\n".join(config.lines(frozenset())))
    assert printed["accounts"]["device_policy"]["web"] == {"over": "refuse", "at_most": 5}


@pytest.mark.parametrize(
    "wrong",
    [
        'device_policy = {fridge = {over = "refuse"}}',
        'device_policy = {ios = {over = "sometimes"}}',
        "device_policy = {ios = {at_most = 0}}",
        "device_policy = {ios = {most = 3}}",
        "max_devices = 0",
        "seen_each_s = 0",
    ],
)
def test_a_policy_that_cannot_be_is_refused_at_the_start(tmp_path, wrong):
    with pytest.raises(ConfigError):
        written(tmp_path, f"[accounts]\n{wrong}\n")
