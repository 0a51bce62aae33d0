from parlor.gateway.state.progress import Progress
from parlor.model.ids import RoomId
from parlor.model.room import Position
from tests.support.links import make_link

ROOM = RoomId("r")


def test_a_newcomer_begins_where_the_last_walk_has_begun():
    progress = Progress(10)
    assert progress.delivered(ROOM, "e") == 0
    progress.begin(ROOM, Position("e", 5))
    assert progress.delivered(ROOM, "e") == 5
    progress.end(ROOM)
    assert progress.delivered(ROOM, "e") == 5
    assert progress.delivered(ROOM, "another") == 0


def test_a_walk_leaves_out_who_joined_after_it_began():
    progress = Progress(10)
    early, late = make_link("a")[0], make_link("b")[0]
    progress.on_join(ROOM, early)
    skip = progress.begin(ROOM, Position("e", 1))
    assert not skip
    progress.on_join(ROOM, late)
    progress.on_join(RoomId("other"), early)
    assert skip == {late}
    progress.end(ROOM)
    assert not progress.begin(ROOM, Position("e", 2))


def test_it_remembers_the_rooms_delivered_to_last():
    progress = Progress(2)
    for name in ("a", "b", "a", "c"):
        progress.begin(RoomId(name), Position("e", 1))
        progress.end(RoomId(name))
    assert [progress.delivered(RoomId(name), "e") for name in "abc"] == [1, 0, 1]
    assert len(progress) == 2


def test_what_a_process_before_this_one_delivered_is_not_on_its_way():
    progress = Progress(2)
    for number in range(3):
        progress.note(RoomId(str(number)), Position("e", number))
    assert [progress.delivered(RoomId(str(number)), "e") for number in range(3)] == [0, 1, 2]
