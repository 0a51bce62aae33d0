from hypothesis import given
from hypothesis import strategies as st

from parlor.sfu.forward.speakers import CHALLENGE_S, FADES_S, KEPT_S, Speakers

LOUD, QUIET, SILENT = 20, 40, 127


def talk(speakers, now, seconds, **below):
    """Everybody at that level for a while; gives the changes."""
    changes = []
    for _ in range(round(seconds * 10)):
        now += 0.1
        for name, level in below.items():
            for _ in range(5):
                speakers.on_level(name, level)
        changed = speakers.on_time(now)
        if changed is not None:
            changes.append(changed)
    return now, changes


def room(*names):
    speakers = Speakers()
    for name in names:
        speakers.add(name)
    return speakers


def test_who_talks_becomes_the_active_speaker():
    speakers = room("anna", "bert")
    assert talk(speakers, 0.0, 2, anna=SILENT, bert=LOUD)[1] == ["bert"]
    assert speakers.recent == ["bert", "anna"]


def test_a_cough_takes_nobodys_place():
    speakers = room("anna", "bert")
    now, _ = talk(speakers, 0.0, 3, anna=QUIET, bert=SILENT)
    now, changes = talk(speakers, now, CHALLENGE_S / 2, anna=QUIET, bert=LOUD)
    assert not changes
    assert not talk(speakers, now, 3, anna=QUIET, bert=SILENT)[1]
    assert speakers.active == "anna"


def test_two_who_are_about_as_loud_do_not_take_turns():
    speakers = room("anna", "bert")
    now, _ = talk(speakers, 0.0, 2, anna=QUIET, bert=SILENT)
    assert not talk(speakers, now, 10, anna=QUIET, bert=QUIET - 3)[1]


def test_who_has_just_begun_keeps_the_place_for_a_moment():
    speakers = room("anna", "bert")
    now, changes = talk(speakers, 0.0, 1, anna=QUIET, bert=SILENT)
    assert changes == ["anna"]
    now, changes = talk(speakers, now, KEPT_S - 0.6, anna=SILENT, bert=LOUD)
    assert not changes
    assert talk(speakers, now, 3, anna=SILENT, bert=LOUD)[1] == ["bert"]


def test_silence_leaves_the_place_to_the_last_one_who_talked():
    speakers = room("anna", "bert")
    now, _ = talk(speakers, 0.0, 2, anna=LOUD, bert=SILENT)
    assert speakers.talking(now) == ["anna"]
    now, changes = talk(speakers, now, FADES_S + 3, anna=SILENT, bert=SILENT)
    assert (changes, speakers.active, speakers.talking(now)) == ([], "anna", [])


def test_who_leaves_is_no_speaker_any_more():
    speakers = room("anna", "bert")
    talk(speakers, 0.0, 2, anna=LOUD, bert=SILENT)
    speakers.remove("anna")
    speakers.on_level("anna", LOUD)
    assert (speakers.active, speakers.recent) == (None, ["bert"])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 127)), max_size=300))
def test_everybody_is_among_the_recent_exactly_once(levels):
    speakers, now = room("a", "b", "c"), 0.0
    for name, below in levels:
        now += 0.1
        speakers.on_level(name, below)
        speakers.on_time(now)
        assert sorted(speakers.recent) == ["a", "b", "c"]
        assert speakers.active is None or speakers.active == speakers.recent[0]
