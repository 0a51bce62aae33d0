from parlor.load.stamps import STAMP_BYTES, latencies_ms, stamp


def test_a_stamp_tells_when_it_was_made():
    made = stamp()
    assert len(made) == STAMP_BYTES
    at = int(made[1:])
    assert latencies_ms(b'{"body":"' + made + b'xxx"}', at + 2_500_000) == [2.5]


def test_each_stamp_of_a_batch_has_its_own_time():
    batch = stamp(1_000_000) + b"x" + stamp(3_000_000) + b"x"
    assert latencies_ms(batch, 4_000_000) == [3.0, 1.0]


def test_a_message_without_a_stamp_has_none():
    assert latencies_ms(b'{"push":"bye"}', 1) == []
