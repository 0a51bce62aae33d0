import pytest
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)

from parlor.model.errors import WireError
from parlor.wire.websocket.deflate_terms import OFFER, DeflateTerms, check_answer, choose_terms
from parlor.wire.websocket.extensions import parse_extensions

D = "permessage-deflate"


def chosen(header: str, window_bits: int = 13) -> DeflateTerms | None:
    return choose_terms(parse_extensions([header.encode()]), window_bits)


def checked(*answers: str) -> DeflateTerms | None:
    return check_answer(parse_extensions([answer.encode() for answer in answers]))


@pytest.mark.parametrize(
    ("offer", "server", "client"),
    [
        (D, 13, None),
        (f"{D}; client_max_window_bits", 13, 13),
        (f"{D}; client_max_window_bits=10", 13, 10),
        (f"{D}; client_max_window_bits=15", 13, 13),
        (f"{D}; client_max_window_bits=8", 13, 8),
        (f"{D}; server_max_window_bits=9", 9, None),
        (f"{D}; server_max_window_bits=15", 13, None),
        (f'{D}; server_max_window_bits="12"', 12, None),
        (f"{D}; server_no_context_takeover; client_no_context_takeover", 13, None),
        (f"x-webkit-deflate-frame, {D}", 13, None),
    ],
)
def test_an_offer_is_taken_up_with_the_smaller_windows(offer, server, client):
    assert chosen(offer) == DeflateTerms(server, client)


@pytest.mark.parametrize(
    "parameters",
    [
        "unknown",
        "unknown=1",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
        "server_max_window_bits",
        *(f"server_max_window_bits={bits}" for bits in ("7", "16", "08", "015", "1e1", "+9", "-9")),
        *(f"client_max_window_bits={bits}" for bits in ("7", "16", "010", "x")),
        "server_max_window_bits=10; server_max_window_bits=10",
        "Server_no_context_takeover",
    ],
)
def test_an_offer_that_is_not_legal_is_declined_and_the_next_one_looked_at(parameters):
    """RFC 7692 §7.1."""
    assert chosen(f"{D}; {parameters}") is None
    assert chosen(f"{D}; {parameters}, {D}; server_max_window_bits=10") == DeflateTerms(10)


def test_a_window_that_zlib_cannot_make_is_declined():
    assert chosen(f"{D}; server_max_window_bits=8") is None
    assert chosen(f"{D}; server_max_window_bits=8, {D}") == DeflateTerms(13)


def test_other_extensions_are_declined():
    assert chosen("permessage-bzip2; client_max_window_bits") is None


def test_the_answer_forgets_the_window_on_both_sides():
    name, value = DeflateTerms(12).header()
    assert name == b"Sec-WebSocket-Extensions"
    assert value.decode().split("; ") == [
        "permessage-deflate",
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits=12",
    ]
    assert DeflateTerms(12, 9).header()[1].endswith(b"; client_max_window_bits=9")


def test_our_client_and_our_server_agree():
    terms = choose_terms(parse_extensions([OFFER[1]]), 11)
    assert terms == DeflateTerms(11, 11)
    assert check_answer(parse_extensions([terms.header()[1]])) == terms


@pytest.mark.parametrize("limit", [None, True, 9, 15])
def test_the_websockets_library_takes_our_answer(limit):
    factory = ClientPerMessageDeflateFactory(client_max_window_bits=limit)
    offer = "; ".join(
        name if value is None else f"{name}={value}" for name, value in factory.get_request_params()
    )
    terms = chosen(f"{D}; {offer}" if offer else D)
    assert terms is not None
    (answer,) = parse_extensions([terms.header()[1]])
    theirs = factory.process_response_params(list(answer.parameters), [])
    assert (theirs.remote_no_context_takeover, theirs.local_no_context_takeover) == (True, True)
    assert theirs.remote_max_window_bits == terms.server_window_bits
    assert theirs.local_max_window_bits == (terms.client_window_bits or 15)


def test_we_take_the_answer_of_the_websockets_library():
    (offer,) = parse_extensions([OFFER[1]])
    answer, _ = ServerPerMessageDeflateFactory().process_request_params(list(offer.parameters), [])
    text = "; ".join(name if value is None else f"{name}={value}" for name, value in answer)
    assert checked(f"{D}; {text}") is not None


def test_a_server_may_decline():
    assert checked() is None


@pytest.mark.parametrize(
    "answers",
    [
        ("permessage-bzip2",),
        (f"{D}; server_no_context_takeover", "other"),
        (D,),
        (f"{D}; server_no_context_takeover; client_max_window_bits",),
        (f"{D}; server_no_context_takeover; server_max_window_bits=99",),
        (f"{D}; server_no_context_takeover; unknown",),
    ],
)
def test_an_answer_that_is_not_legal_fails_the_connection(answers):
    """RFC 7692 §5.1 and §7.1: also one that keeps its window although we asked it not to."""
    with pytest.raises(WireError):
        checked(*answers)
