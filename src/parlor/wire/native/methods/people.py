"""Who people are."""

from __future__ import annotations

from parlor.model.account import User
from parlor.wire.native.methods.shape import Method, Params, Result


class MeGet(Params, frozen=True):
    pass


class MeUpdate(Params, frozen=True):
    """What is null stays. `avatar` is the id of a picture that was uploaded; empty: none."""

    display_name: str | None = None
    about: str | None = None
    avatar: str | None = None


class UserResult(Result, frozen=True):
    user: User


class UsersFind(Params, frozen=True):
    """People whose account or display name has a word that starts with `query`, or whose id it
    is; without those who do not want to be found this way."""

    query: str
    cursor: str = ""
    limit: int = 20


class UsersResult(Result, frozen=True):
    """`cursor` is empty when there is no more."""

    users: tuple[User, ...]
    cursor: str = ""


class UsersGet(Params, frozen=True):
    """At most 100 ids; those that do not exist are left out."""

    ids: tuple[str, ...]


METHODS: dict[str, Method] = {
    "me.get": Method(MeGet, UserResult),
    "me.update": Method(MeUpdate, UserResult),
    "users.find": Method(UsersFind, UsersResult),
    "users.get": Method(UsersGet, UsersResult),
}
