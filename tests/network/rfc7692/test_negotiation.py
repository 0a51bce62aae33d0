"""RFC 7692 §5 and §7.1: what is offered, what is agreed, and that both sides keep to it."""

import pytest

from tests.support.deflated import packed, unpacked
from tests.support.wire_peer import FIN, RSV1, TEXT, Peer, frame, question, request_head

D = "permessage-deflate"


async def answered_to(parlor, *offers: str) -> list[str]:
    """The parameters of the server's answer; none when it declined."""
    extra = [f"Sec-WebSocket-Extensions: {offer}" for offer in offers]
    async with Peer.connect(parlor.port) as peer:
        await peer.send(request_head(extra=extra))
        answer = await peer.answer()
        assert answer.status == 101
        agreed = answer.all("Sec-WebSocket-Extensions")
        if not agreed:
            await peer.is_alive()
            return []
        (line,) = agreed
        name, *parameters = line.split("; ")
        assert name == D
        return parameters


BOTH = ["server_no_context_takeover", "client_no_context_takeover"]


@pytest.mark.parametrize(
    ("offer", "windows"),
    [
        (D, ["server_max_window_bits=12"]),
        (f"{D}; server_no_context_takeover", ["server_max_window_bits=12"]),
        (f"{D}; client_no_context_takeover", ["server_max_window_bits=12"]),
        (f"{D}; server_max_window_bits=9", ["server_max_window_bits=9"]),
        (f"{D}; server_max_window_bits=12", ["server_max_window_bits=12"]),
        (f"{D}; server_max_window_bits=15", ["server_max_window_bits=12"]),
        (
            f"{D}; client_max_window_bits",
            ["server_max_window_bits=12", "client_max_window_bits=12"],
        ),
        (
            f"{D}; client_max_window_bits=10",
            ["server_max_window_bits=12", "client_max_window_bits=10"],
        ),
        (
            f'{D}; client_max_window_bits=8; server_max_window_bits="10"',
            ["server_max_window_bits=10", "client_max_window_bits=8"],
        ),
    ],
)
async def test_7_1_an_offer_is_taken_up_with_legal_parameters(parlor, offer, windows):
    """§7.1.2.1: the server's window is no larger than offered. §7.1.2.2: the client's is named
    only when it was offered. §7.1.1: nobody keeps a window, which a server may always ask."""
    assert await answered_to(parlor, offer) == BOTH + windows


@pytest.mark.parametrize(
    "parameters",
    [
        "unknown",
        "server_no_context_takeover=1",
        "client_no_context_takeover=0",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "client_max_window_bits=7",
        "client_max_window_bits=x",
        "client_max_window_bits; client_max_window_bits",
        "server_no_context_takeover; server_no_context_takeover",
        "server_max_window_bits=8",
    ],
)
async def test_7_an_offer_that_must_be_declined_is(parlor, parameters):
    """An unknown parameter, a value that is none, a parameter twice, a window that zlib lacks."""
    assert await answered_to(parlor, f"{D}; {parameters}") == []


async def test_5_1_the_first_offer_that_can_be_taken_up_is(parlor):
    wanted = [*BOTH, "server_max_window_bits=10"]
    second = f"{D}; server_max_window_bits=10"
    assert await answered_to(parlor, f"{D}; unknown, {second}, {D}") == wanted
    assert await answered_to(parlor, "mux", f"{D}; unknown", second) == wanted


async def test_5_1_without_an_offer_nothing_is_compressed(parlor):
    assert await answered_to(parlor) == []
    assert await answered_to(parlor, "x-webkit-deflate-frame") == []
    for offers in ([], [f"Sec-WebSocket-Extensions: {D}; unknown"]):
        head = request_head(extra=offers)
        async with Peer.connect(parlor.port, head=head) as peer:
            await peer.send(frame(TEXT, question(1)))
            assert (await peer.next_frame()).first == FIN | TEXT
            await peer.send(frame(TEXT, packed(question(1)), rsv=RSV1))
            await peer.failed(1002)


@pytest.mark.parametrize("bits", [9, 10, 12])
async def test_7_1_2_1_the_server_keeps_to_the_window_that_was_agreed(parlor, bits):
    offer = f"Sec-WebSocket-Extensions: {D}; server_max_window_bits={bits}"
    async with Peer.connect(parlor.port, head=request_head(extra=[offer])) as peer:
        await peer.send(frame(TEXT, question(1)))
        received = await peer.next_frame()
        assert received.first == FIN | RSV1 | TEXT
        assert b'"id":1' in unpacked(received.payload, bits=bits)


@pytest.mark.parametrize("bits", [9, 12, 15])
async def test_7_1_2_2_the_client_may_compress_with_any_window(peer, bits):
    """One that does not say how small its window can be is not asked to make it smaller."""
    await peer.send(frame(TEXT, packed(question(1, 40_000), bits=bits), rsv=RSV1))
    assert b'"id":1' in unpacked((await peer.next_frame()).payload)
