"""Groups: members, roles, settings, links and requests.

Everything that acts takes a `client_id` and may be asked again: it is one act. What it did comes
back as the event, null when there was nothing to do.
"""

from __future__ import annotations

from parlor.model.account import User
from parlor.model.event import Event
from parlor.model.group import Role
from parlor.model.group_change import SettingsChange
from parlor.model.group_link import GroupLink, JoinRequest, Preview
from parlor.wire.native.methods.shape import Empty, Method, Params, Result


class GroupActResult(Result, frozen=True, omit_defaults=True):
    """`waiting`, of `group.invite`: where coming in needs approval, those whom a plain member
    invites are let in by who decides on requests; then there is no event yet."""

    event: Event | None
    waiting: tuple[str, ...] = ()


class GroupInvite(Params, frozen=True):
    """Those who are in already are left out."""

    conversation_id: str
    client_id: str
    members: tuple[str, ...]


class GroupLeave(Params, frozen=True):
    """The owner hands the group over before, unless nobody else is there."""

    conversation_id: str
    client_id: str


class GroupRemove(Params, frozen=True):
    """All of `members` or, when one of them may not be removed, none."""

    conversation_id: str
    client_id: str
    members: tuple[str, ...]


class GroupRole(Params, frozen=True):
    """The owner makes somebody an administrator, or a member again."""

    conversation_id: str
    client_id: str
    user_id: str
    role: Role


class GroupTransfer(Params, frozen=True):
    """Another owner; the one before is an administrator from then on."""

    conversation_id: str
    client_id: str
    user_id: str


class GroupMute(Params, frozen=True):
    """One member for `for_s` seconds (0: until taken back), or with an empty `user_id` everybody
    below administrator. `off` takes it back."""

    conversation_id: str
    client_id: str
    user_id: str = ""
    for_s: int = 0
    off: bool = False


class GroupUpdate(Params, frozen=True):
    """Exactly one of `title`, `announcement`, `avatar` (empty takes it away) and `settings`."""

    conversation_id: str
    client_id: str
    title: str | None = None
    announcement: str | None = None
    avatar: str | None = None
    settings: SettingsChange | None = None


class GroupDissolve(Params, frozen=True):
    """For good. Its members can read it, and nothing happens in it any more."""

    conversation_id: str
    client_id: str


class GroupOnline(Params, frozen=True):
    conversation_id: str


class GroupOnlineResult(Result, frozen=True):
    """How many of its `members` are connected; a few seconds old at most."""

    online: int
    members: int


class GroupLinkMake(Params, frozen=True):
    """0: it never expires, it works as often as one likes."""

    conversation_id: str
    client_id: str
    expires_in_s: int = 0
    max_uses: int = 0


class GroupLinkResult(Result, frozen=True):
    """`path` follows the address of the server; together they are the text of a QR code."""

    link: GroupLink
    path: str


class GroupLinkList(Params, frozen=True):
    conversation_id: str


class GroupLinksResult(Result, frozen=True):
    """Those that work, newest first."""

    links: tuple[GroupLink, ...]


class GroupLinkRevoke(Params, frozen=True):
    conversation_id: str
    code: str


class GroupLinkShow(Params, frozen=True):
    """What somebody outside may see: by the `code` of a link, or by the id of a group where one
    may ask or come in by oneself."""

    code: str = ""
    conversation_id: str = ""


class GroupPreviewResult(Result, frozen=True):
    group: Preview


class GroupJoin(Params, frozen=True):
    """As `group.link.show` finds it. `text` is for those who decide, where they do."""

    client_id: str
    code: str = ""
    conversation_id: str = ""
    text: str = ""


class GroupJoinResult(Result, frozen=True):
    """`inside` is false when one has asked and somebody has to decide."""

    conversation_id: str
    inside: bool


class GroupRequests(Params, frozen=True):
    conversation_id: str
    cursor: str = ""
    limit: int = 50


class GroupRequestsResult(Result, frozen=True):
    requests: tuple[JoinRequest, ...]
    users: tuple[User, ...]
    cursor: str = ""


class GroupDecide(Params, frozen=True):
    """Let somebody in who has asked, or say no."""

    conversation_id: str
    client_id: str
    user_id: str
    let_in: bool


METHODS: dict[str, Method] = {
    "group.invite": Method(GroupInvite, GroupActResult),
    "group.leave": Method(GroupLeave, GroupActResult),
    "group.remove": Method(GroupRemove, GroupActResult),
    "group.role": Method(GroupRole, GroupActResult),
    "group.transfer": Method(GroupTransfer, GroupActResult),
    "group.mute": Method(GroupMute, GroupActResult),
    "group.update": Method(GroupUpdate, GroupActResult),
    "group.dissolve": Method(GroupDissolve, GroupActResult),
    "group.online": Method(GroupOnline, GroupOnlineResult),
    "group.link.make": Method(GroupLinkMake, GroupLinkResult),
    "group.link.list": Method(GroupLinkList, GroupLinksResult),
    "group.link.revoke": Method(GroupLinkRevoke, Empty),
    "group.link.show": Method(GroupLinkShow, GroupPreviewResult),
    "group.join": Method(GroupJoin, GroupJoinResult),
    "group.requests": Method(GroupRequests, GroupRequestsResult),
    "group.decide": Method(GroupDecide, GroupActResult),
}
