import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.boot.config import ConfigError, Given, load, parse_assignment


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    port: int = 8080
    host: str = "127.0.0.1"
    origins: tuple[str, ...] = ()
    open: bool = True


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    batch: int = 20
    secret: str = ""


SECTIONS: dict[str, type[msgspec.Struct]] = {"http": Web, "doors.goim": Door}


def loaded(file=None, environment=None, flags=()):
    return load(
        SECTIONS,
        file=file,
        environment=environment or {},
        flags=[parse_assignment(each, "--set") for each in flags],
    )


def test_without_anything_the_defaults_are_in_force():
    assert loaded().section("http", Web) == Web()


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path):
    file = tmp_path / "parlor.toml"
    file.write_text('[http]\nport = 1\nhost = "a"\norigins = ["x"]\n[doors.goim]\nbatch = 3\n')
    environment = {"PARLOR_HTTP__PORT": "2", "PARLOR_HTTP__HOST": "b"}
    config = loaded(file, environment, ["http.port=3"])
    assert config.section("http", Web) == Web(port=3, host="b", origins=("x",))
    assert config.section("doors.goim", Door).batch == 3
    assert config.origins["http", "port"] == "--set"
    assert config.origins["http", "host"] == "environment PARLOR_HTTP__HOST"
    assert config.origins["http", "origins"] == str(file)


def test_a_nested_section_is_reached_from_the_environment():
    config = loaded(environment={"PARLOR_DOORS__GOIM__BATCH": "1"})
    assert config.section("doors.goim", Door).batch == 1


def test_text_stands_for_numbers_truths_and_lists():
    web = loaded(flags=["http.open=false", "http.origins=https://a, https://b"]).section(
        "http", Web
    )
    assert (web.open, web.origins) == (False, ("https://a", "https://b"))


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("http.prot=1", ["http.prot", "did you mean port?"]),
        ("htpp.port=1", ["[htpp]", "did you mean http?"]),
        ("http.port=many", ["http.port", "--set"]),
        ("port=1", ["section.key=value"]),
        ("http.port", ["section.key=value"]),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_that_helps(flag, words):
    with pytest.raises(ConfigError) as refused:
        loaded(flags=[flag])
    assert "\n" not in str(refused.value)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    "text", ["port = 1", "[http", "[nothing]\na = 1", "[http]\nport = { a = 1 }", "[http]\nx = 1"]
)
def test_a_wrong_file_is_named(tmp_path, text):
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"wrong\.toml"):
        loaded(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="absent"):
        loaded(tmp_path / "absent.toml")


def test_a_variable_without_a_section_is_refused():
    with pytest.raises(ConfigError, match="PARLOR_SECTION__KEY"):
        loaded(environment={"PARLOR_PORT": "1"})


def test_print_shows_origins_and_hides_secrets():
    config = loaded(flags=["doors.goim.secret=abc", "http.port=9"])
    text = "\n".join(config.lines(frozenset({("doors.goim", "secret")})))
    assert "abc" not in text
    assert "port = 9  # --set" in text
    assert 'host = "127.0.0.1"  # default' in text


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_assignment_is_taken_or_refused_with_one_kind_of_error(path, value):
    with contextlib.suppress(ConfigError):
        load(
            SECTIONS,
            file=None,
            environment={},
            flags=[parse_assignment(f"{path}={value}", "--set")],
        )


@given(st.sampled_from(sorted(SECTIONS)), st.text(max_size=20), st.integers() | st.text())
def test_any_value_is_taken_or_refused_with_one_kind_of_error(section, key, value):
    with contextlib.suppress(ConfigError):
        load(SECTIONS, file=None, environment={}, flags=[Given(section, key, value, "test")])


def test_what_the_documentation_and_tools_put_there_is_no_setting():
    loaded(environment={"PARLOR_KEY": "plk_x", "PARLOR_DATA": "/srv"})
