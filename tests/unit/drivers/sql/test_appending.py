"""What the statements of an append cost, by their plans; and the columns that may refuse one."""

import pytest
from sqlalchemy import insert, select, text, update

from parlor.drivers.sql import appending
from parlor.drivers.sql.conversation_rows import stored_settings
from parlor.drivers.sql.revision import bring_up_to_date
from parlor.drivers.sql.tables import conversations, members, users
from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings
from parlor.model.errors import BadRequest, Forbidden, GroupDissolved, NotWanted, SlowMode
from parlor.model.event import Draft, EventKind
from parlor.model.group import GroupSettings, Permission, Role
from parlor.model.ids import ConversationId, UserId


@pytest.fixture
def db(tmp_path):
    engine = make_engine(tmp_path / "a.db", Use.WRITING, SqliteSettings(), connections=1)
    with engine.begin() as connection:
        bring_up_to_date(connection)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class Explaining:
    """Asks the engine how it would go about a statement instead of running it."""

    def __init__(self, db):
        self._db = db
        self.dialect = db.dialect
        self.steps: list[str] = []

    def exec_driver_sql(self, sql, parameters):
        found = self._db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
        self.steps += [row[-1] for row in found]
        return self._db.execute(text("SELECT 1 WHERE 0"))


WHOLE_KEY = "(rowid=?)"


@pytest.mark.parametrize("size", [1, 4, 64, 256])
@pytest.mark.parametrize(
    ("statement", "key", "steps"),
    [
        (
            appending._PLACES,
            (1, 2),
            {"(conversation_id=? AND user_id=?)", "(user_id=? AND conversation_id=?)", WHOLE_KEY},
        ),
        (appending._KNOWN, (1, 2, "c"), {"(conversation_id=? AND sender_id=? AND client_id=?)"}),
        (appending._HEADS, 1, {WHOLE_KEY}),
        # The newest of a conversation is the first of its key, backwards.
        (appending._ADVANCE, 1, {WHOLE_KEY, "USING PRIMARY KEY (conversation_id=?)"}),
    ],
)
def test_no_statement_of_an_append_looks_at_rows_that_it_does_not_name(
    db, size, statement, key, steps
):
    explaining = Explaining(db)
    statement.run(explaining, [key] * size)
    taken = [step for step in explaining.steps if step.startswith(("SCAN", "SEARCH"))]
    assert taken
    assert [step for step in taken if not step.endswith(tuple(steps))] == []


TALK, ANN, BOB = 7, 1, 2
AT = 1_800_000_000_000


@pytest.fixture
def talk(db):
    """Ann owns it, Bob is a member."""
    for number in (ANN, BOB):
        db.execute(
            insert(users).values(
                id=number, name=f"u{number}", display_name="", password_hash="", admin=False
            )
        )
    db.execute(
        insert(conversations).values(
            id=TALK, kind="group", title="", last_seq=1, active_at=AT + 1_000, member_count=2
        )
    )
    for number, role in ((ANN, Role.OWNER), (BOB, Role.MEMBER)):
        db.execute(
            insert(members).values(
                conversation_id=TALK, user_id=number, role=role, joined_seq=1, read_seq=0
            )
        )
    return db


def say(db, who, client_id, at_ms=AT + 2_000, **fields):
    draft = Draft(
        ConversationId(str(TALK)),
        EventKind.MESSAGE,
        UserId(str(who)),
        client_id=client_id,
        text="x",
        **fields,
    )
    (outcome,) = appending.append_all(db, [appending.Append(draft, at_ms, True, TALK, who, ())])
    return outcome


def restrict(db, **settings):
    stored = stored_settings(GroupSettings(**settings))
    db.execute(update(conversations).values(settings=stored, restricted=True))


def change(db, who, **columns):
    db.execute(update(members).where(members.c.user_id == who).values(**columns))


def test_who_is_muted_may_not_write_until_then(talk):
    change(talk, BOB, muted_until=AT + 5_000)
    assert isinstance(say(talk, BOB, "1", at_ms=AT + 4_999), Forbidden)
    event, created = say(talk, BOB, "2", at_ms=AT + 5_000)
    assert (event.seq, created) == (2, True)


def test_who_is_barred_is_told_that_it_is_not_wanted(talk):
    change(talk, BOB, barred=True)
    assert isinstance(say(talk, BOB, "1"), NotWanted)
    assert say(talk, ANN, "1")[1]


@pytest.mark.parametrize("settings", [{"all_muted": True}, {"read_only": True}])
def test_where_only_administrators_write_a_member_does_not(talk, settings):
    restrict(talk, **settings)
    assert isinstance(say(talk, BOB, "1"), Forbidden)
    assert say(talk, ANN, "1")[1]


def test_in_slow_mode_a_member_waits_between_two_messages_and_not_for_a_refused_one(talk):
    restrict(talk, slow_mode_s=10)
    assert isinstance(say(talk, BOB, "0", at_ms=AT + 1_000, reply_to=99), BadRequest)
    assert say(talk, BOB, "1", at_ms=AT + 2_000)[1]
    refused = say(talk, BOB, "2", at_ms=AT + 5_000)
    assert isinstance(refused, SlowMode)
    assert refused.retry_after_s == 7.0
    assert say(talk, BOB, "1", at_ms=AT + 5_000)[1] is False
    assert say(talk, BOB, "2", at_ms=AT + 12_000)[1]
    assert say(talk, ANN, "1", at_ms=AT + 12_000)[1]
    assert say(talk, ANN, "2", at_ms=AT + 12_001)[1]


def test_slow_mode_counts_within_one_commit_too(talk):
    restrict(talk, slow_mode_s=10)
    drafts = [
        Draft(ConversationId(str(TALK)), EventKind.MESSAGE, UserId(str(BOB)), client_id=f"{n}")
        for n in range(3)
    ]
    waiting = [appending.Append(draft, AT + 2_000, True, TALK, BOB, ()) for draft in drafts]
    first, second, third = appending.append_all(talk, waiting)
    assert isinstance(first, tuple)
    assert isinstance(second, SlowMode)
    assert isinstance(third, SlowMode)


def test_nothing_is_said_in_a_dissolved_group_but_what_was_sent_again_is_answered(talk):
    first, _ = say(talk, ANN, "1")
    talk.execute(update(conversations).values(dissolved_at=AT + 3_000, restricted=True))
    assert isinstance(say(talk, ANN, "2"), GroupDissolved)
    assert say(talk, ANN, "1") == (first, False)


def test_calling_everybody_needs_the_permission_also_where_nothing_is_restricted(talk):
    assert isinstance(say(talk, BOB, "1", mentions_all=True), Forbidden)
    assert say(talk, ANN, "1", mentions_all=True)[1]
    stored = stored_settings(GroupSettings(permissions={Permission.MENTION_ALL: Role.MEMBER}))
    talk.execute(update(conversations).values(settings=stored))
    assert say(talk, BOB, "1", mentions_all=True)[1]


def test_a_clock_that_was_set_back_puts_no_message_before_another(talk):
    sent = [say(talk, ANN, f"{at}", at_ms=AT + at)[0] for at in (5_000, 2_000, 500, 6_000)]
    assert [event.sent_at - AT for event in sent] == [5_000, 5_000, 5_000, 6_000]
    assert talk.execute(select(conversations.c.active_at)).scalar() == AT + 6_000
