"""What people are to each other: contacts, requests, blocks, and what each lets others see.

The values alone. Who may change what is decided in `im.relating`; drivers store a `Pair` as it
was decided.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from parlor.model.account import User
from parlor.model.ids import UserId


class Who(StrEnum):
    """For whom something of a person is."""

    EVERYBODY = "everybody"
    CONTACTS = "contacts"
    NOBODY = "nobody"

    def includes(self, *, contact: bool) -> bool:
        return self is Who.EVERYBODY or (self is Who.CONTACTS and contact)


class Privacy(msgspec.Struct, frozen=True):
    """`found_by_number`: whoever types this person's id finds them. `write` is who may begin to
    write and call, and is never nobody; `groups` is who may add them to a group. Without
    `read_receipts` others do not see what this person has read, nor does this person see it of the
    other in a direct conversation."""

    found_by_name: bool = True
    found_by_number: bool = True
    last_seen: Who = Who.CONTACTS
    presence: Who = Who.EVERYBODY
    write: Who = Who.EVERYBODY
    groups: Who = Who.EVERYBODY
    read_receipts: bool = True


class ContactState(StrEnum):
    """As one side sees it. ENDED is a request that was withdrawn: it is shown to nobody, and
    still counts for how many one may send in a day."""

    NONE = "none"
    ASKED = "asked"
    ASKS = "asks"
    CONTACT = "contact"
    ENDED = "ended"


class Contact(msgspec.Struct, frozen=True):
    """Another person in somebody's list: a contact, one who asks to be, or one who was asked.

    `text` is the greeting of a request. `at` is Unix milliseconds of the request or of the
    agreement; `remark` and `tags` are the list owner's own and nobody else's to see.
    """

    user_id: UserId
    state: ContactState
    remark: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    at: int = 0


class Blocked(msgspec.Struct, frozen=True):
    """`at` is Unix milliseconds."""

    user_id: UserId
    at: int


class Side(msgspec.Struct, frozen=True):
    """What one of two people keeps of the other. `blocked_at` is 0 while there is no block."""

    state: ContactState = ContactState.NONE
    remark: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    at: int = 0
    blocked_at: int = 0

    @property
    def blocks(self) -> bool:
        return self.blocked_at > 0

    @property
    def is_contact(self) -> bool:
        return self.state is ContactState.CONTACT


NO_SIDE = Side()


class Held(msgspec.Struct, frozen=True):
    """How many of each somebody has: `asking` requests that wait for their answer, `asked` those
    they sent since a day ago."""

    contacts: int = 0
    asking: int = 0
    asked: int = 0
    blocks: int = 0


class Pair(msgspec.Struct, frozen=True):
    """Two people as the store has them, seen from the one who acts."""

    mine: Side = NO_SIDE
    theirs: Side = NO_SIDE
    my_privacy: Privacy = Privacy()
    their_privacy: Privacy = Privacy()
    i_hold: Held = Held()
    they_hold: Held = Held()

    @property
    def is_blocked(self) -> bool:
        """By either: a block works both ways."""
        return self.mine.blocks or self.theirs.blocks

    @property
    def i_may_write(self) -> bool:
        return may_write(self.theirs, self.mine, self.their_privacy)

    @property
    def they_may_write(self) -> bool:
        return may_write(self.mine, self.theirs, self.my_privacy)


def may_write(reader: Side, writer: Side, privacy: Privacy) -> bool:
    """Whether the reader, whose privacy this is, takes what the writer has to say."""
    if reader.blocks or writer.blocks:
        return False
    return privacy.write.includes(contact=reader.is_contact)


class Profile(msgspec.Struct, frozen=True):
    """`contact` and `blocked` say what the reader keeps of this person. `version` changes with
    every change of the profile."""

    user: User
    about: str
    version: str
    contact: ContactState = ContactState.NONE
    remark: str = ""
    blocked: bool = False


def contact_of(peer: UserId, side: Side) -> Contact:
    return Contact(peer, side.state, side.remark, side.tags, side.text, side.at)
