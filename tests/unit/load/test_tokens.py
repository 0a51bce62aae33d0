import jwt
import pytest

from parlor.load.tokens import TOKEN_LIFE_S, Tokens, read_tokens

SECRET = "a secret of the shop: 32 bytes at least"


def test_a_signed_token_says_who_it_is_for_as_the_standard_has_it():
    token = Tokens(secret=SECRET, audience="shop", issuer="https://shop").of(7, 1_000.5)
    said = jwt.decode(
        token, SECRET, ["HS256"], audience="shop", issuer="https://shop",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert (said["sub"], said["iat"], said["exp"]) == ("bench-7", 1_000, 1_000 + TOKEN_LIFE_S)


def test_given_tokens_are_used_in_turn():
    tokens = Tokens(("a", "b"))
    assert [tokens.of(number, 0.0) for number in range(3)] == ["a", "b", "a"]


def test_an_open_server_takes_names_and_an_open_door_nothing():
    assert Tokens(names=True).of(3, 0.0) == "bench-3"
    assert Tokens().of(3, 0.0) == ""


def test_a_file_of_tokens_has_one_a_line(tmp_path):
    file = tmp_path / "tokens"
    file.write_text("one\n\n two \n")
    assert read_tokens(file) == ("one", "two")


def test_a_file_without_tokens_is_refused(tmp_path):
    file = tmp_path / "tokens"
    file.write_text("\n")
    with pytest.raises(ValueError, match="no token"):
        read_tokens(file)
