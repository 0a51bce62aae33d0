import msgspec
import pytest

from parlor.boot.trace_command import TraceFailed, fetch_trace, trace_lines
from parlor.model.ids import DeviceId, PushId, UserId
from parlor.model.push import Delivery
from parlor.model.trace import Leg, Line, Mail, Trace

AT = 1_790_000_000_000


def told(**more: object) -> str:
    trace = Trace(
        PushId("p1"), AT, "scores", "room", ("news",), 1, 9, Delivery.LOSSY, "", 5, handed_at=AT + 2
    )
    return "\n".join(trace_lines(msgspec.to_builtins(msgspec.structs.replace(trace, **more))))


def test_a_push_to_a_room_is_one_table_with_the_counts_of_its_audience():
    leg = Leg("news", 5, closing=1, written=3, queued=1, missed=1, frame_bytes=112, began_at=AT)
    leg.ended_at = AT + 31
    counts = "  news      5         0         1        3        1       1       0     0     112    "
    assert told(legs=[leg]).splitlines() == [
        "push      p1",
        "accepted  2026-09-21 14:13:20.000 from scores",
        "to        room news",
        "body      9 bytes, lossy",
        "online    5",
        "handed on 2026-09-21 14:13:20.002",
        "delivered by this process, in connections:",
        "  AUDIENCE  TARGETED  UNWANTED  CLOSING  WRITTEN  QUEUED  MISSED  SLOW  LOST  BYTES  TOOK",
        f"{counts}31 ms",
    ]


def test_mail_the_queue_and_watched_users_are_said_where_there_are_any():
    text = told(
        audience="users",
        targets=("ann",),
        target_count=1_000,
        tag="sport",
        online=None,
        durable=True,
        position=7,
        mail_stored=1_000,
        mail=(Mail(UserId("ann"), 3, acknowledged_by=2, waits=False),),
        users=[Line(AT, UserId("ann"), DeviceId("phone"), "k", "written")],
    )
    for words in (
        "to        users ann and 999 more",
        "lossy, tag sport",
        "online    unknown",
        "at position 7 of the durable queue",
        "mail      stored 1000, dropped 0 older ones for it",
        "  ann   3       all     2                no",
        "delivered to nobody by this process (yet)",
        "  2026-09-21 14:13:20.000  ann   phone   k           written",
    ):
        assert words in text


def test_one_that_is_still_in_line_is_not_handed_on_yet():
    assert "handed on not yet" in told(handed_at=0)


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("localhost:8080", "k", "not like http"),
        ("ftp://host", "k", "not like http"),
        ("http://localhost", "", "PARLOR_API_KEY"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anybody_is(url: str, key: str, words: str):
    with pytest.raises(TraceFailed, match=words):
        fetch_trace(url, key, "p1")
