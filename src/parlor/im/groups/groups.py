"""Everything about groups in one value, for the gateway and the API."""

from __future__ import annotations

from dataclasses import dataclass

from parlor.im.groups.acts import GroupActs
from parlor.im.groups.joining import Joining
from parlor.im.groups.links import GroupLinks
from parlor.im.groups.online import Online
from parlor.im.groups.roster_pages import RosterPages


@dataclass(frozen=True, slots=True)
class Groups:
    acts: GroupActs
    links: GroupLinks
    joining: Joining
    members: RosterPages
    online: Online
