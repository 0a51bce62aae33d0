import pytest

from parlor.model.audit import AuditEntry, entry_of
from parlor.model.event import Event, EventKind
from parlor.model.group import GroupSettings, Role
from parlor.model.ids import ConversationId, UserId, event_id

GROUP, ANN, BOB = ConversationId("9"), UserId("1"), UserId("2")


def event(kind, *members, **values):
    return Event(GROUP, 7, event_id(GROUP, 7), kind, ANN, 50, members=members, **values)


@pytest.mark.parametrize(
    ("done", "act", "body"),
    [
        (event(EventKind.LEFT, BOB), "group.remove", '{"seq":7,"members":["2"]}'),
        (
            event(EventKind.ROLE, BOB, role=Role.ADMINISTRATOR),
            "group.role",
            '{"seq":7,"members":["2"],"role":"administrator"}',
        ),
        (
            event(EventKind.ROLE, BOB, role=Role.OWNER),
            "group.transfer",
            '{"seq":7,"members":["2"],"role":"owner"}',
        ),
        (event(EventKind.MUTE, until=60), "group.mute", '{"seq":7,"until":60}'),
        (
            event(EventKind.SETTINGS, settings=GroupSettings(read_only=True)),
            "group.settings",
            '{"seq":7,"settings":{"read_only":true}}',
        ),
        (event(EventKind.DISSOLVED), "group.dissolve", '{"seq":7}'),
    ],
)
def test_acts_with_power_over_others_have_an_entry(done, act, body):
    assert entry_of(done) == AuditEntry(0, 50, ANN, act, GROUP, body)


@pytest.mark.parametrize(
    "kind",
    [
        EventKind.CREATED,
        EventKind.MESSAGE,
        EventKind.JOINED,
        EventKind.TITLE,
        EventKind.ANNOUNCEMENT,
        EventKind.AVATAR,
        EventKind.REACTION,
    ],
)
def test_what_everybody_does_has_none(kind):
    assert entry_of(event(kind, BOB, text="secret")) is None


def test_leaving_by_oneself_has_none():
    assert entry_of(event(EventKind.LEFT, ANN)) is None
