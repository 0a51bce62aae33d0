import os
import socket

import pytest

from parlor.load.observed import (
    Observed,
    cpu_s,
    listener_pid,
    parse_listening,
    parse_metric,
    parse_schedstat,
    parse_smaps,
    resident_bytes,
)


def test_schedstat_begins_with_the_time_on_a_processor():
    assert parse_schedstat("1234567890 42 7\n") == 1234567890


def test_a_field_of_smaps_is_in_bytes():
    text = "00400000-7ffc [rollup]\nRss:               86764 kB\nPss:                1024 kB\n"
    assert parse_smaps(text, "Rss") == 86764 * 1024
    with pytest.raises(ValueError, match="Swap"):
        parse_smaps(text, "Swap")


def test_a_metric_is_summed_over_its_labels():
    text = '# HELP a_total x\na_total 2.0\nb_total{k="1"} 3.0\nb_total{k="2"} 4.5\na_total_x 9\n'
    assert parse_metric(text, "a_total") == 2.0
    assert parse_metric(text, "b_total") == 7.5
    assert parse_metric(text, "never_total") == 0.0


def test_this_process_has_memory_and_has_used_a_processor():
    assert cpu_s(os.getpid()) > 0
    assert resident_bytes(os.getpid()) > 1_000_000


def test_a_listener_is_found_by_its_port():
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 111 1\n"
        "   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000 0 0 222 1\n"
        "   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 333 1\n"
    )
    assert parse_listening(table, 8080) == {"111"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listener_pid(listener.getsockname()[1]) == os.getpid()


def test_a_process_that_is_gone_is_not_known():
    gone = Observed(2**22)
    assert (gone.cores(), gone.resident_bytes()) == (None, None)
