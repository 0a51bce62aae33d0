"""Where the bytes of files are kept: section `blobs`."""

from __future__ import annotations

import msgspec


class BlobSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `bucket` files are in the data folder. With one they are in that bucket of S3, or
    of the S3-compatible server at `endpoint` (`https://minio.example.org:9000`); `prefix` stands
    before each name in it. Without `access_key_id` the usual places are asked for credentials
    (`AWS_ACCESS_KEY_ID`, the instance's role). A request may take `timeout_s`.
    """

    bucket: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = "parlor/"
    access_key_id: str = ""
    secret_access_key: str = ""
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if self.endpoint and not self.endpoint.startswith(("http://", "https://")):
            raise ValueError("endpoint begins with http:// or https://")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError("access_key_id and secret_access_key go together")
        if not self.bucket and (self.endpoint or self.access_key_id):
            raise ValueError("endpoint and keys need a bucket")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s is not above 0")
