import random

from parlor.gateway.compression import Compression
from parlor.gateway.frames import WEBSOCKET_FRAMES
from parlor.gateway.settings import GatewaySettings
from parlor.model.ids import PushId
from parlor.model.push import Delivery, Envelope, Push, ToAll
from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.websocket import FrameReader, ReaderLimits, Upgrade
from parlor.wire.websocket.extensions import parse_extensions
from tests.support.steady import CountingMeter

ON = GatewaySettings(compression=True, compression_min_bytes=100, compression_window_bits=12)
FROM_SERVER = ReaderLimits(from_client=False, compressed=True)
OFFER = "permessage-deflate; client_max_window_bits"


def _asked(header: str = "") -> Upgrade:
    extensions = parse_extensions([header.encode()] if header else [])
    return Upgrade(b"", "localhost", None, (JSON_SUBPROTOCOL,), extensions)


def _made(settings: GatewaySettings = ON) -> tuple[Compression, CountingMeter]:
    meter = CountingMeter()
    return Compression(settings, meter), meter


def test_it_is_off_unless_the_operator_wants_it():
    compression, meter = _made(GatewaySettings())
    agreed = compression.agree(_asked(OFFER), JSON_SUBPROTOCOL)
    assert agreed.frames is WEBSOCKET_FRAMES[JSON_SUBPROTOCOL]
    assert (agreed.headers, agreed.limits.compressed) == ((), False)
    assert not meter.counted


def test_a_client_that_offers_nothing_gets_nothing():
    compression, _ = _made()
    assert compression.agree(_asked(), JSON_SUBPROTOCOL).headers == ()
    assert compression.agree(_asked("permessage-deflate; x"), JSON_SUBPROTOCOL).headers == ()


def test_the_answer_names_the_terms_and_the_reader_keeps_to_the_limit():
    compression, meter = _made()
    agreed = compression.agree(_asked(OFFER), JSON_SUBPROTOCOL)
    assert dict(agreed.headers)[b"Sec-WebSocket-Extensions"].endswith(
        b"server_max_window_bits=12; client_max_window_bits=12"
    )
    assert agreed.limits.compressed
    assert agreed.limits.max_message_bytes == ON.max_message_bytes
    assert meter.counted["websockets_compressed_total"] == 1


def test_all_who_agreed_to_the_same_share_one_codec_and_so_one_frame():
    compression, _ = _made()
    ours = compression.agree(_asked(OFFER), JSON_SUBPROTOCOL).frames
    assert compression.agree(_asked("permessage-deflate"), JSON_SUBPROTOCOL).frames is ours
    smaller = "permessage-deflate; server_max_window_bits=9"
    assert compression.agree(_asked(smaller), JSON_SUBPROTOCOL).frames is not ours
    assert compression.agree(_asked(OFFER), MSGPACK_SUBPROTOCOL).frames is not ours


def test_a_push_is_compressed_and_reads_as_it_was():
    compression, meter = _made()
    for subprotocol in (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL):
        frames = compression.agree(_asked(OFFER), subprotocol).frames
        envelope = Envelope(ToAll(), (Push(PushId("p"), b"again " * 100, "3", Delivery.LOSSY),) * 2)
        frame, plain = frames.pushes(envelope), WEBSOCKET_FRAMES[subprotocol].pushes(envelope)
        assert frame is not None
        assert plain is not None
        assert frame.size * 4 < plain.size
        assert list(FrameReader(FROM_SERVER).feed(frame.data)) == list(
            FrameReader(FROM_SERVER).feed(plain.data)
        )
    assert meter.counted["websocket_deflated_bytes_total"] > 0


def test_what_is_short_or_does_not_shrink_stays_as_it_is():
    compression, _ = _made()
    frames = compression.agree(_asked(OFFER), JSON_SUBPROTOCOL).frames
    plain = WEBSOCKET_FRAMES[JSON_SUBPROTOCOL]
    assert frames.wrap(b"x" * 99) == plain.wrap(b"x" * 99)
    assert frames.wrap(b"x" * 100) != plain.wrap(b"x" * 100)
    dense = random.Random(7).randbytes(1_000)
    assert frames.wrap(dense) == plain.wrap(dense)
