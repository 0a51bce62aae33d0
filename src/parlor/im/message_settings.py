"""What may be done with messages, and for how long: section `messages` of the settings."""

from __future__ import annotations

import msgspec


class MessageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`recall_window_s`: so long may people take back what they wrote; administrators of a group
    always. `edit_window_s`: so long may they edit it, at most `max_edits` times; 0: for ever.

    `max_reaction_kinds` are different emoji on one message, `max_reactions_of_user` those of one
    person there; `max_pins` are pinned messages of one conversation.

    `max_forward` messages are forwarded in one request, to `max_forward_targets` conversations;
    one by one that makes `max_forward_copies` messages at most, merged it makes one of
    `max_merged_chars` per conversation.

    Each person has `max_scheduled` messages waiting, due in at most `max_schedule_ahead_s`.

    The jobs look at least each `job_poll_s` for what another process has scheduled, and handle
    `job_batch` messages at a time; a process that dies has its share taken over after
    `job_claim_s`. Ones that cannot be sent for now are tried again for `job_retry_s`.
    """

    recall_window_s: int = 120
    edit_window_s: int = 172_800
    max_edits: int = 20
    max_reaction_kinds: int = 20
    max_reactions_of_user: int = 5
    max_pins: int = 50
    max_forward: int = 50
    max_forward_targets: int = 10
    max_forward_copies: int = 100
    max_merged_chars: int = 16_384
    max_scheduled: int = 100
    max_schedule_ahead_s: int = 31_536_000
    job_poll_s: float = 5.0
    job_batch: int = 100
    job_claim_s: float = 30.0
    job_retry_s: float = 3_600.0

    def __post_init__(self) -> None:
        """Raises ValueError."""
        for name in self.__struct_fields__:
            least = 0 if name in _MAY_BE_ZERO else 1
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} is {least} or more")


_MAY_BE_ZERO = frozenset(
    {"recall_window_s", "edit_window_s", "max_edits", "max_pins", "job_retry_s"}
)
