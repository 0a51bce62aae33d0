"""Why a database cannot be used, in one line for the operator and without the password."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError


def reason(
    url: URL,
    error: BaseException,
    code: Callable[[BaseException], str],
    explained: Mapping[str, str],
) -> str:
    """`explained` says what the driver's `code` means; otherwise it is the error's first line."""
    shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    why = explained.get(code(original), "")
    if not why and isinstance(original, TimeoutError):
        why = "no answer in time"
    if not why:
        # MySQL drivers raise (number, message).
        said = original.args[-1] if len(original.args) == 2 else original
        why = (str(said).strip() or type(original).__name__).splitlines()[0]
        if isinstance(original, OSError):
            why = f"cannot be reached: {original.strerror or why}"
    if url.password:
        why = why.replace(str(url.password), "***")
    return f"cannot use the database {shown}: {why}"
