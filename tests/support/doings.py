"""What people do in a test that breaks things: one of everything, on what they have seen last."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from parlor.model.event import FOREVER, Draft, Event, EventKind
from parlor.model.group import Role
from parlor.model.ids import ConversationId, UserId
from parlor.model.own import Notify
from parlor.wire.native import methods as wire
from parlor.wire.native.methods import acts, groups, own

_RECENT = 12
"""What is new is what several people act on at once."""
_EMOJI = ("👍", "🎉", "❤️")


@dataclass(frozen=True)
class Doing:
    """A request, the class of its result, and the events that it shall make, if any."""

    params: wire.Params
    result: type[wire.Result]
    drafts: tuple[Draft, ...] = ()


class Doings:
    """Of `user` on the device `name`, who has these `logs`. `guest` comes and goes: by
    themselves, or because others ask them in and send them away."""

    def __init__(
        self,
        user: str,
        name: str,
        guest: str,
        logs: Mapping[str, Sequence[Event]],
        chance: random.Random,
    ) -> None:
        self._user = UserId(user)
        self._name = name
        self._guest = UserId(guest)
        self._logs = logs
        self._chance = chance
        self._numbers = count(1)
        self._is_out = False
        self._first = list(_HOW_OFTEN)
        chance.shuffle(self._first)

    def next(self) -> Doing:
        """One of each kind at first, then what chance wants."""
        if self._first:
            choose = self._first.pop()
        else:
            (choose,) = self._chance.choices(list(_HOW_OFTEN), list(_HOW_OFTEN.values()))
        return choose(self, ConversationId(self._chance.choice(list(self._logs)))) or self.next()

    def say(self, here: ConversationId) -> Doing:
        draft = self._draft(here, EventKind.MESSAGE, text=self._words())
        params = wire.MessageSend(here, draft.client_id, draft.text)
        return Doing(params, wire.MessageSendResult, (draft,))

    def edit(self, here: ConversationId) -> Doing | None:
        if (seq := self._recent(here, mine=True)) is None:
            return None
        draft = self._draft(here, EventKind.EDIT, text=self._words(), target=seq)
        return Doing(
            acts.MessageEdit(here, seq, draft.client_id, draft.text), acts.ActResult, (draft,)
        )

    def recall(self, here: ConversationId) -> Doing | None:
        if (seq := self._recent(here, mine=True)) is None:
            return None
        draft = self._draft(here, EventKind.RECALL, target=seq)
        return Doing(acts.MessageRecall(here, seq, draft.client_id), acts.ActResult, (draft,))

    def react(self, here: ConversationId) -> Doing | None:
        if (seq := self._recent(here)) is None:
            return None
        emoji, off = self._chance.choice(_EMOJI), self._chance.random() < 0.3
        draft = self._draft(here, EventKind.REACTION, target=seq, emoji=emoji, off=off)
        params = acts.MessageReact(here, seq, draft.client_id, emoji, off)
        return Doing(params, acts.ActResult, (draft,))

    def pin(self, here: ConversationId) -> Doing | None:
        if (seq := self._recent(here)) is None:
            return None
        draft = self._draft(here, EventKind.PIN, target=seq, off=self._chance.random() < 0.5)
        params = acts.MessagePin(here, seq, draft.client_id, draft.off)
        return Doing(params, acts.ActResult, (draft,))

    def forward(self, here: ConversationId) -> Doing | None:
        found = (self._recent(here), self._recent(here))
        seqs = sorted({seq for seq in found if seq is not None})
        if not seqs:
            return None
        name, merged = self._client_id(), self._chance.random() < 0.3
        drafts = tuple(
            Draft(ConversationId(there), EventKind.MESSAGE, self._user, f"{name}\n{number}")
            for there in self._logs
            for number in range(1 if merged else len(seqs))
        )
        params = acts.MessageForward(here, tuple(seqs), tuple(self._logs), name, merged)
        return Doing(params, acts.ForwardResult, drafts)

    def rename(self, here: ConversationId) -> Doing:
        draft = self._draft(here, EventKind.TITLE, title=self._words())
        params = groups.GroupUpdate(here, draft.client_id, title=draft.title)
        return Doing(params, groups.GroupActResult, (draft,))

    def change_members(self, here: ConversationId) -> Doing:
        """The guest leaves and comes back in turn, as far as this device knows."""
        comes = self._is_out if self._user == self._guest else self._chance.random() < 0.6
        self._is_out = not comes
        if self._user == self._guest and comes:
            # Its answer does not say which event it was.
            params = groups.GroupJoin(self._client_id(), conversation_id=here)
            return Doing(params, groups.GroupJoinResult)
        kind = EventKind.JOINED if comes else EventKind.LEFT
        draft = self._draft(here, kind, members=(self._guest,))
        if self._user == self._guest:
            leave = groups.GroupLeave(here, draft.client_id)
            return Doing(leave, groups.GroupActResult, (draft,))
        asked = groups.GroupInvite if comes else groups.GroupRemove
        change = asked(here, draft.client_id, draft.members)
        return Doing(change, groups.GroupActResult, (draft,))

    def change_role(self, here: ConversationId) -> Doing | None:
        """By the owner: somebody is an administrator for a while, or not heard for a while."""
        log = self._logs[here]
        if not log or log[0].sender != self._user:
            return None
        if self._chance.random() < 0.3:
            off = self._chance.random() < 0.7
            draft = self._draft(
                here, EventKind.MUTE, members=(self._guest,), off=off, until=0 if off else FOREVER
            )
            mute = groups.GroupMute(here, draft.client_id, self._guest, off=off)
            return Doing(mute, groups.GroupActResult, (draft,))
        somebody = self._chance.choice([one for one in log[0].members if one != self._user])
        role = self._chance.choice([Role.ADMINISTRATOR, Role.MEMBER])
        draft = self._draft(here, EventKind.ROLE, members=(somebody,), role=role)
        give = groups.GroupRole(here, draft.client_id, somebody, role)
        return Doing(give, groups.GroupActResult, (draft,))

    def keep(self, here: ConversationId) -> Doing | None:
        """Something that is one's own."""
        flag = self._chance.random() < 0.5
        what = self._chance.randrange(4)
        if what == 0:
            words = self._words() if flag else ""
            return Doing(own.DraftSet(here, words), own.EntryResult)
        if what == 1:
            value = f'"{self._words()}"' if flag else None
            return Doing(own.SettingSet(f"look{self._chance.randrange(3)}", value), own.EntryResult)
        if what == 2:
            notify = self._chance.choice(list(Notify))
            hidden = self._chance.random() < 0.5
            wish = own.ConversationSet(here, pinned=flag, notify=notify, hidden=hidden)
            return Doing(wish, own.EntryResult)
        if (seq := self._recent(here)) is None:
            return None
        return Doing(own.StarSet(here, seq, flag), own.EntryResult)

    def _draft(self, here: ConversationId, kind: EventKind, **said: object) -> Draft:
        return Draft(here, kind, self._user, self._client_id(), **said)  # type: ignore[arg-type]

    def _client_id(self) -> str:
        return f"{self._name}-{next(self._numbers)}"

    def _words(self) -> str:
        return f"{self._name} says {self._chance.randrange(10**6)} 你好"

    def _recent(self, here: ConversationId, *, mine: bool = False) -> int | None:
        """A message, one's own perhaps, of those that came last."""
        found = [
            event.seq
            for event in self._logs[here][-_RECENT:]
            if event.kind is EventKind.MESSAGE and (event.sender == self._user or not mine)
        ]
        return self._chance.choice(found) if found else None


_HOW_OFTEN: Mapping[Callable[[Doings, ConversationId], Doing | None], int] = {
    Doings.say: 40,
    Doings.edit: 10,
    Doings.recall: 4,
    Doings.react: 16,
    Doings.pin: 5,
    Doings.forward: 4,
    Doings.rename: 3,
    Doings.change_members: 6,
    Doings.change_role: 2,
    Doings.keep: 14,
}
