from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.accounts.tickets import Tickets
from parlor.model.account import Grants, Identity, User
from parlor.model.errors import Unauthenticated
from parlor.model.ids import DeviceId, UserId

NOW = 1_800_000_000.0
ANN = User(UserId("7"), "ann", "Ann 安")
WHO = Identity(
    ANN.id, DeviceId("phone"), "s1", admin=True, expires_at=NOW + 600, issued_at=NOW - 5,
    grants=Grants(("a*",), ()),
)  # fmt: skip
TICKETS = Tickets("secret", lifetime_s=3_600)
GOOD = TICKETS.issue(WHO, ANN, NOW)


def test_a_ticket_says_what_the_server_said():
    ticket = TICKETS.check(GOOD, NOW + 599)
    assert (ticket.identity, ticket.user, ticket.made_at) == (WHO, ANN, NOW)
    assert len(GOOD) < 200


def test_a_ticket_says_which_picture_somebody_has():
    pictured = User(ANN.id, ANN.name, ANN.display_name, "0f9b3c5a" * 5)
    assert TICKETS.check(TICKETS.issue(WHO, pictured, NOW), NOW).user == pictured


def test_a_ticket_ends_with_its_token_or_after_its_own_time():
    with pytest.raises(Unauthenticated) as late:
        TICKETS.check(GOOD, NOW + 600)
    assert late.value.was_good
    short = Tickets("secret", lifetime_s=10)
    ticket = short.issue(WHO, ANN, NOW)
    short.check(ticket, NOW + 9)
    with pytest.raises(Unauthenticated):
        short.check(ticket, NOW + 10)


def test_there_is_none_for_what_does_not_expire_or_has_or_when_switched_off():
    for expires_at in (0.0, NOW, NOW - 1):
        identity = Identity(ANN.id, DeviceId(""), "s", expires_at=expires_at)
        assert TICKETS.issue(identity, ANN, NOW) == ""
    assert Tickets("secret", lifetime_s=0).issue(WHO, ANN, NOW) == ""


def test_another_servers_ticket_is_worth_nothing():
    with pytest.raises(Unauthenticated):
        Tickets("another", lifetime_s=3_600).check(GOOD, NOW)


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_a_ticket_with_any_character_changed_is_refused(at, character):
    tampered = GOOD[:at] + character + GOOD[at + 1 :]
    if tampered != GOOD:
        with pytest.raises(Unauthenticated):
            TICKETS.check(tampered, NOW)


@given(st.text(max_size=300))
def test_no_text_at_all_raises_anything_else(text):
    for ticket in (text, f"prt_{text}", GOOD + text + "x", GOOD[: len(text)]):
        if ticket != GOOD:
            with pytest.raises(Unauthenticated):
                TICKETS.check(ticket, NOW)


def test_an_endless_ticket_is_not_looked_at():
    with pytest.raises(Unauthenticated):
        TICKETS.check("prt_" + "A" * 10_000_000, NOW)
