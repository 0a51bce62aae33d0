"""Faults of self logs that are planted are found."""

from copy import deepcopy

import msgspec
import pytest

from parlor.model.self_log import SelfKind
from parlor.wire.native.pushes import SelfEntry
from tests.support.own_histories import OwnHistory, own_faults

ANN = "1"
DRAFT = SelfEntry("d:7", SelfKind.DRAFT, 4, '{"text":"hel"}', 1_000)
STAR = SelfEntry("m:7:2", SelfKind.STAR, 5, '{"conversation_id":"7","seq":2}', 1_001)
GONE = SelfEntry("s:look", SelfKind.SETTING, 6, None, 1_002)
ENTRIES = {one.key: one for one in (DRAFT, STAR, GONE)}


@pytest.fixture
def history() -> OwnHistory:
    before = msgspec.structs.replace(DRAFT, seq=3, body='{"text":"he"}')
    return deepcopy(
        OwnHistory(
            stored={ANN: dict(ENTRIES)},
            devices={"phone": (ANN, dict(ENTRIES)), "web": (ANN, {"d:7": DRAFT, "m:7:2": STAR})},
            acknowledged=[(ANN, one) for one in (before, DRAFT, STAR, GONE)],
        )
    )


def only(history: OwnHistory, part: str) -> None:
    (fault,) = own_faults(history)
    assert part in fault


def test_devices_that_have_what_the_server_has_are_no_fault(history):
    assert own_faults(history) == []


def test_a_device_that_lacks_an_entry_is_found(history):
    del history.devices["web"][1]["m:7:2"]
    only(history, "web: has None for m:7:2")


def test_a_device_that_never_heard_of_a_removal_is_found(history):
    history.devices["phone"][1]["s:look"] = msgspec.structs.replace(GONE, seq=2, body="1")
    only(history, "phone: has (2, '1') for s:look")


def test_a_device_with_an_older_value_is_found(history):
    history.devices["web"][1]["d:7"] = msgspec.structs.replace(DRAFT, seq=3, body="{}")
    only(history, "web: has (3, '{}') for d:7")


def test_an_acknowledged_entry_that_is_lost_is_found(history):
    history.devices = {}
    del history.stored[ANN]["m:7:2"]
    only(history, "acknowledged as 5 and is lost")


def test_an_acknowledged_entry_that_gave_way_to_an_older_one_is_found(history):
    history.devices = {}
    history.stored[ANN]["d:7"] = msgspec.structs.replace(DRAFT, seq=2)
    assert [fault.partition(" was ")[2] for fault in own_faults(history)] == [
        "acknowledged as 3, and is 2",
        "acknowledged as 4, and is 2",
    ]


def test_a_number_that_was_given_twice_is_found(history):
    other = msgspec.structs.replace(STAR, seq=6)
    history.acknowledged.append((ANN, other))
    assert any("number 6 is s:look and m:7:2" in fault for fault in own_faults(history))
