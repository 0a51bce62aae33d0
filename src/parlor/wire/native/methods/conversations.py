"""Conversations, who is in them, how far each has read."""

from __future__ import annotations

from parlor.model.account import User
from parlor.model.conversation import ConversationKind, ConversationView, Member
from parlor.wire.native.methods.shape import Method, Params, Result


class ConversationCreate(Params, frozen=True):
    """`members` are the others. A direct conversation that exists is returned.

    A direct one is hidden from the other person until something is said there. A group with
    the `client_id` of one that this user has made is that one.
    """

    kind: ConversationKind
    members: tuple[str, ...]
    title: str = ""
    client_id: str = ""


class ConversationResult(Result, frozen=True):
    conversation: ConversationView
    created: bool = False


class ConversationGet(Params, frozen=True):
    conversation_id: str


class ConversationList(Params, frozen=True):
    """Newest first; `cursor` from the last page, empty at first."""

    cursor: str = ""
    limit: int = 50


class ConversationListResult(Result, frozen=True):
    conversations: tuple[ConversationView, ...]
    cursor: str = ""


class ConversationMembers(Params, frozen=True):
    """In the order of user ids, at most 100 on a page; `query`: those with a word in their names
    that begins so. With the `version` that an earlier answer gave: what has changed since, in the
    order of the changes."""

    conversation_id: str
    cursor: str = ""
    limit: int = 100
    query: str = ""
    version: int | None = None


class MembersResult(Result, frozen=True):
    """`version` is that of the whole list. A list read in pages is whole once what changed since
    the version of its first page is applied: `members` replace those one has, `left` are gone.

    Read positions do not count as changes.
    """

    members: tuple[Member, ...]
    users: tuple[User, ...]
    cursor: str = ""
    version: int = 0
    left: tuple[str, ...] = ()


class ReadSet(Params, frozen=True):
    """Everything up to `seq` was read. Never moves back."""

    conversation_id: str
    seq: int


class ReadResult(Result, frozen=True):
    read_seq: int
    unread: int


METHODS: dict[str, Method] = {
    "conversation.create": Method(ConversationCreate, ConversationResult),
    "conversation.get": Method(ConversationGet, ConversationResult),
    "conversation.list": Method(ConversationList, ConversationListResult),
    "conversation.members": Method(ConversationMembers, MembersResult),
    "read.set": Method(ReadSet, ReadResult),
}
