"""The settings of HTTP as they are now, and what is made of them once: pages and paces.

Asked anew for each request, so that `apply` reaches connections that are kept open. Shared by
`front`, the short path for pushes and the handlers.
"""

from __future__ import annotations

from parlor.api.headers import SECURITY_HEADERS, Pages, strict_transport
from parlor.api.settings import HttpSettings
from parlor.push.paces import Paces


class InForce:
    def __init__(self, settings: HttpSettings) -> None:
        self.user_paces = Paces(settings.user_requests_per_second, settings.user_request_burst)
        self.address_paces = Paces(
            settings.address_requests_per_second, settings.address_request_burst
        )
        self._take(settings)

    def apply(self, settings: HttpSettings) -> None:
        """From the next request on. Whoever has used up a burst does not get a new one."""
        self.user_paces.apply(settings.user_requests_per_second, settings.user_request_burst)
        self.address_paces.apply(
            settings.address_requests_per_second, settings.address_request_burst
        )
        self._take(settings)

    def _take(self, settings: HttpSettings) -> None:
        self.settings = settings
        self.pages = Pages(settings.allowed_origins, settings.public_url)
        self.headers_over_tls = [*SECURITY_HEADERS, *strict_transport(settings.hsts_s)]
