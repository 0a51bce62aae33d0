from parlor.load.stamps import STAMP_BYTES, find_stamps, latencies_ms, stamp


def test_a_stamp_tells_when_it_was_made():
    made = stamp()
    assert len(made) == STAMP_BYTES
    at = int(made[1:])
    assert latencies_ms(find_stamps(b'{"body":"' + made + b'xxx"}'), at + 2_500_000) == [2.5]


def test_each_stamp_of_a_batch_has_its_own_time():
    batch = stamp(1_000_000) + b"x" + stamp(3_000_000) + b"x"
    assert latencies_ms(find_stamps(batch), 4_000_000) == [3.0, 1.0]


def test_a_message_without_a_stamp_has_none():
    assert find_stamps(b'{"push":"bye"}') == []


def test_a_lone_mark_is_no_stamp():
    """MessagePack writes 64 as the same byte, and a time may have it anywhere."""
    assert find_stamps(b"\x93\x02\x91\xcf@\x01@@12345@") == []
    assert find_stamps(b"@" + stamp(7) + b"@") == [b"%019d" % 7]
