"""What people are to each other."""

from __future__ import annotations

from parlor.model.account import User
from parlor.model.people import Blocked, Contact
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class ContactRequest(Params, frozen=True):
    """Ask somebody to be a contact, with a greeting. When they ask already, this agrees."""

    user: str
    text: str = ""


class ContactDecide(Params, frozen=True):
    """Answer a request. Whoever is refused is not told: their request runs out."""

    user: str
    accept: bool


class ContactUpdate(Params, frozen=True):
    """Name and sort a contact for oneself; what is null stays."""

    user: str
    remark: str | None = None
    tags: tuple[str, ...] | None = None


class ContactResult(Result, frozen=True):
    """How it is now, also when nothing changed."""

    contact: Contact


class ContactRemove(Params, frozen=True):
    """No contacts any more, for both; or a request of one's own is withdrawn."""

    user: str


class ContactList(Params, frozen=True):
    """`kind` is contacts or requests (sent and come), in the order of user ids."""

    kind: str = "contacts"
    cursor: str = ""
    limit: int = 100


class ContactsResult(Result, frozen=True):
    """`users` are the people of `contacts`. `cursor` is empty when there is no more; a page may
    hold fewer than asked for, as requests that ran out are left out."""

    contacts: tuple[Contact, ...]
    users: tuple[User, ...]
    cursor: str = ""


class BlockSet(Params, frozen=True):
    """While it lasts neither may write to the other, ring, or see whether the other is there."""

    user: str
    on: bool


class BlockList(Params, frozen=True):
    cursor: str = ""
    limit: int = 100


class BlocksResult(Result, frozen=True):
    blocked: tuple[Blocked, ...]
    users: tuple[User, ...]
    cursor: str = ""


METHODS: dict[str, Method] = {
    "contact.request": Method(ContactRequest, ContactResult),
    "contact.decide": Method(ContactDecide, ContactResult),
    "contact.update": Method(ContactUpdate, ContactResult),
    "contact.remove": Method(ContactRemove, Empty),
    "contact.list": Method(ContactList, ContactsResult),
    "block.set": Method(BlockSet, Empty),
    "block.list": Method(BlockList, BlocksResult),
}
