"""Every refusal Parlor can give: one tree, one stable code each.

The registry is what clients rely on; docs and the SDKs are generated from it. A code is never
reused or renamed. `retry` says whether the very same request can succeed later.
"""

from __future__ import annotations

from typing import ClassVar


class ParlorError(Exception):
    """A refusal with a stable code. `str(error)` is a sentence a person can act on."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False
    meaning: ClassVar[str] = "Something broke on the server; the log has the details."

    def __init__(self, message: str = "", *, retry_after_s: float = 0.0) -> None:
        super().__init__(message or self.meaning)
        self.retry_after_s = retry_after_s


class Internal(ParlorError):
    retry = True


class BadRequest(ParlorError):
    code, status = "bad_request", 400
    meaning = "The request does not have the shape that this method takes."


class UnknownMethod(ParlorError):
    code, status = "unknown_method", 404
    meaning = "There is no such method."


class MethodNotAllowed(ParlorError):
    code, status = "method_not_allowed", 405
    meaning = "This address does not take this HTTP method."


class NotFound(ParlorError):
    code, status = "not_found", 404
    meaning = "There is no such thing, or it is not yours to see."


class Unauthenticated(ParlorError):
    code, status = "unauthenticated", 401
    meaning = "Sign in first: the token is missing, expired or revoked."

    def __init__(
        self, message: str = "", *, retry_after_s: float = 0.0, was_good: bool = False
    ) -> None:
        """`was_good`: the token was real once, so presenting it is no attempt to guess one."""
        super().__init__(message, retry_after_s=retry_after_s)
        self.was_good = was_good


class AuthUnavailable(ParlorError):
    code, status, retry = "auth_unavailable", 503, True
    meaning = "Whoever checks these tokens does not answer; try again later."


class WrongCredentials(ParlorError):
    code, status = "wrong_credentials", 401
    meaning = "The name or the password is wrong."


class Forbidden(ParlorError):
    code, status = "forbidden", 403
    meaning = "You may not do this."


class AccountNeeded(ParlorError):
    code, status = "account_needed", 403
    meaning = "Only a user with an account of this server may do this."


class Vetoed(ParlorError):
    code, status = "vetoed", 403
    meaning = "The operator of this server does not allow this."


class SignUpClosed(ParlorError):
    code, status = "sign_up_closed", 403
    meaning = "This server does not take new accounts; ask its administrator."


class NotMember(ParlorError):
    code, status = "not_member", 403
    meaning = "You are not a member of this conversation."


class TooManyDevices(ParlorError):
    code, status = "too_many_devices", 409
    meaning = "This account is signed in on as many devices of this kind as allowed."


class NoReceipts(ParlorError):
    code, status = "no_receipts", 409
    meaning = "In a group of this size nobody is told who has read what."


class NotWanted(ParlorError):
    code, status = "not_wanted", 403
    meaning = "This person does not take this from you."


class BadPicture(ParlorError):
    code, status = "bad_picture", 422
    meaning = "A picture is a JPEG, PNG or WebP file."


class NameTaken(ParlorError):
    code, status = "name_taken", 409
    meaning = "This account name is taken."


class BadName(ParlorError):
    code, status = "bad_name", 422
    meaning = "A name has 3 to 32 of a-z 0-9 _ . - and starts with a letter or digit."


class BadDisplayName(ParlorError):
    code, status = "bad_display_name", 422
    meaning = "A display name or title has 1 to 64 characters, no control or direction marks."


class WeakPassword(ParlorError):
    code, status = "weak_password", 422
    meaning = "A password has 8 to 256 characters and is not the account name."


class SamePassword(ParlorError):
    code, status = "same_password", 422
    meaning = "The new password is the one that is to be replaced."


class NewPasswordNeeded(ParlorError):
    code, status = "new_password_needed", 403
    meaning = "This password is good for choosing a new one only: send that along."


class BadEmoji(ParlorError):
    code, status = "bad_emoji", 422
    meaning = "A reaction is one emoji."


class TooLate(ParlorError):
    code, status = "too_late", 409
    meaning = "The time in which this could be changed is over."


class ClientIdUsed(ParlorError):
    code, status = "client_id_used", 409
    meaning = "This client_id was something else here; what is new takes a new one."


class MessageGone(ParlorError):
    code, status = "message_gone", 410
    meaning = "This message was recalled or has expired."


class TextTooLong(ParlorError):
    code, status = "text_too_long", 422
    meaning = "A message has at most 4,096 characters."


class EmptyText(ParlorError):
    code, status = "empty_text", 422
    meaning = "A message needs at least one visible character."


class BadText(ParlorError):
    code, status = "bad_text", 422
    meaning = "The text is not valid Unicode."


class LimitReached(ParlorError):
    code, status = "limit_reached", 409
    meaning = "There are as many of these as this server allows."


class GroupDissolved(ParlorError):
    code, status = "group_dissolved", 409
    meaning = "This group was dissolved; it can be read, and nothing happens in it any more."


class OwnerMustTransfer(ParlorError):
    code, status = "owner_must_transfer", 409
    meaning = "Hand the group over to somebody before you leave it, or dissolve it."


class LinkEnded(ParlorError):
    code, status = "link_ended", 410
    meaning = "This link into a group does not work any more; ask for a new one."


class TooManyMembers(ParlorError):
    code, status = "too_many_members", 422
    meaning = "The group would have more members than this server allows."


class TooLarge(ParlorError):
    code, status = "too_large", 413
    meaning = "The message or request body is larger than this server allows."


class FileTooLarge(TooLarge):
    code = "file_too_large"
    meaning = "The file is larger than this server takes, or than was said when it was begun."


class EmptyFile(ParlorError):
    code, status = "empty_file", 422
    meaning = "A file has at least one byte."


class BadFileName(ParlorError):
    code, status = "bad_file_name", 422
    meaning = "A file name has 1 to 200 characters; no slashes, control or direction marks."


class QuotaFull(ParlorError):
    code, status = "quota_full", 409
    meaning = "Your files would take more room than you have; take some messages back first."


class WrongHash(ParlorError):
    code, status = "wrong_hash", 422
    meaning = "What has arrived is not what was said when the upload was begun; begin anew."


class WrongOffset(ParlorError):
    code, status = "wrong_offset", 409
    meaning = "What lies before this part is not here; ask how far the upload has come."


class UploadReplaced(ParlorError):
    code, status, retry = "upload_replaced", 409, True
    meaning = "A newer request goes on with this upload."


class BadRange(ParlorError):
    code, status = "bad_range", 416
    meaning = "The file has no such bytes."


class BodyTimedOut(ParlorError):
    code, status, retry = "body_timed_out", 408, True
    meaning = "The request body did not arrive in time."


class RateLimited(ParlorError):
    code, status, retry = "rate_limited", 429, True
    meaning = "Too many requests; wait before the next."


class TooManyAttempts(ParlorError):
    code, status, retry = "too_many_attempts", 429, True
    meaning = "Too many failed sign-ins or bad tokens; wait before the next."


class AddressFull(ParlorError):
    code, status, retry = "address_full", 429, True
    meaning = "This address has as many connections as allowed."


class OverQuota(ParlorError):
    code, status, retry = "over_quota", 429, True
    meaning = "This API key has used up what it may ask for now."


class ProfileRunning(ParlorError):
    code, status, retry = "profile_running", 409, True
    meaning = "Another profile of this process is being taken; one at a time."


class RoomTooBusy(ParlorError):
    code, status, retry = "room_too_busy", 429, True
    meaning = "This room takes no more messages right now."


class SlowMode(ParlorError):
    code, status, retry = "slow_mode", 429, True
    meaning = "This room takes one message of each person in a while; wait for your turn."


class NotInRoom(ParlorError):
    code, status = "not_in_room", 409
    meaning = "Join the room first."


class Overloaded(ParlorError):
    code, status, retry = "overloaded", 503, True
    meaning = "The server has more work waiting than it may hold."


class LogFull(ParlorError):
    code, status, retry = "log_full", 503, True
    meaning = "Too many durable pushes wait to be delivered."


class HookUnavailable(ParlorError):
    code, status, retry = "hook_unavailable", 503, True
    meaning = "Whoever has to allow this does not answer; try again later."


class Draining(ParlorError):
    code, status, retry = "draining", 503, True
    meaning = "The server is about to restart; connect again."


class StorageFailed(ParlorError):
    code, status, retry = "storage_failed", 503, True
    meaning = "The database failed; send it again as it was, since it may have been stored."


class DeadlineExceeded(ParlorError):
    code, status, retry = "deadline_exceeded", 504, True
    meaning = "The request took longer than it may."


class NotReady(ParlorError):
    code, status = "not_ready", 409
    meaning = "Say hello first."


class AlreadyGreeted(ParlorError):
    code, status = "already_greeted", 409
    meaning = "This connection has said hello already."


class NoSuchLink(ParlorError):
    code, status = "no_such_link", 404
    meaning = "This link over HTTP has ended or never was; connect again."


class ReaderReplaced(ParlorError):
    code, status = "reader_replaced", 409
    meaning = "A newer request reads this link now."


class NoSuchCall(ParlorError):
    code, status = "no_such_call", 404
    meaning = "There is no such call, or it is not yours."


class CallOver(ParlorError):
    code, status = "call_over", 409
    meaning = "The call has ended."


class CallTaken(ParlorError):
    code, status = "call_taken", 409
    meaning = "The call was answered on another device."


class NotInCall(ParlorError):
    code, status = "not_in_call", 409
    meaning = "This device is not in the call."


class Busy(ParlorError):
    code, status = "busy", 409
    meaning = "You are in another call already."


class WireError(ParlorError):
    """The one kind of error that hostile bytes produce. `close` is a close code."""

    code, status = "malformed", 400
    meaning = "The bytes are not what the protocol allows."

    def __init__(self, message: str = "", *, close: int = 1002) -> None:
        super().__init__(message)
        self.close = close


def _leaves(kind: type[ParlorError]) -> list[type[ParlorError]]:
    below = [leaf for sub in kind.__subclasses__() for leaf in _leaves(sub)]
    return [kind, *below] if kind is not ParlorError else below


def registry() -> dict[str, type[ParlorError]]:
    """Every error by its code, in a stable order. Raises ValueError when two share a code."""
    found: dict[str, type[ParlorError]] = {}
    for leaf in _leaves(ParlorError):
        # A finer class of an error is the same one to a client.
        if not issubclass(leaf, found.setdefault(leaf.code, leaf)):
            raise ValueError(f"two errors share the code {leaf.code}")
    return dict(sorted(found.items()))
