"""What may go wrong at run time that one line explains: printed without a traceback, status 1."""

from __future__ import annotations

from parlor.boot.folder import FolderError
from parlor.boot.handover import HandoverFailed
from parlor.drivers.sql.database import CannotOpen
from parlor.gateway.tls.certificate import CertificateError
from parlor.model.errors import ParlorError


class CannotListen(Exception):
    """A port is taken or an address is not ours."""


EXPECTED: tuple[type[Exception], ...] = (
    FolderError,
    HandoverFailed,
    CannotOpen,
    CannotListen,
    CertificateError,
    ParlorError,
)
