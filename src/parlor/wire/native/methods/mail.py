"""What waits for those who are away."""

from __future__ import annotations

from parlor.wire.native.methods.shape import Empty, Method, Params


class MailAck(Params, frozen=True):
    """This device has everything up to number `upto` (`delivery.mail`). Never moves back.

    Only what was sent on this connection counts.
    """

    upto: int


METHODS: dict[str, Method] = {
    "mail.ack": Method(MailAck, Empty),
}
