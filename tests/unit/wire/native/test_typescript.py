import re

from parlor.model.close import CloseCode
from parlor.model.errors import registry
from parlor.wire.native.methods import METHODS
from parlor.wire.native.pushes import PUSHES
from parlor.wire.native.typescript import build_typescript

TEXT = build_typescript()


def test_the_text_is_the_same_every_time_and_ends_in_a_newline():
    assert build_typescript() == TEXT
    assert TEXT.endswith("\n")
    assert "\n\n\n" not in TEXT


def test_every_method_has_its_parameters_and_its_result():
    for name, method in METHODS.items():
        line = f'"{name}": {{ params: {method.params.__name__}; result: {method.result.__name__} }}'
        assert line in TEXT


def test_every_push_has_its_payload():
    for name, payload in PUSHES.items():
        assert f'"{name}": {payload.__name__};' in TEXT


def test_every_type_that_is_used_is_declared_exactly_once():
    declared = re.findall(r"^export (?:interface|type) (\w+)", TEXT, re.MULTILINE)
    assert len(declared) == len(set(declared))
    used = set(re.findall(r": (?:readonly )?([A-Z]\w+)(?:\[\])?(?: \| null)?;", TEXT))
    assert used - set(declared) <= {"M", "P"}


def test_what_may_be_left_out_is_optional_and_what_is_always_there_is_not():
    assert "  instance?: string;" in TEXT
    assert "  after?: number | null;" in TEXT
    assert "  mentions?: readonly string[];" in TEXT
    assert "  last_event: Event | null;" in TEXT
    assert "  epoch_changed: boolean;" in TEXT


def test_enums_are_unions_of_their_values():
    assert 'export type Media = "audio" | "video";' in TEXT


def test_both_registries_are_complete():
    for code, error in registry().items():
        assert re.search(rf"^  {code}: \{{ status: {error.status}, retry: ", TEXT, re.MULTILINE)
    for close in CloseCode:
        assert re.search(rf'^  {close}: \{{ name: "{close.name.lower()}"', TEXT, re.MULTILINE)
