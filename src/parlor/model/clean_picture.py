"""A picture without what is not seen: where it was taken, by whose camera, what hides behind it.

Takes the file apart and puts together what a decoder needs, so the pixels stay as they are. What
is not known is left out; what follows the end is cut off. That takes away EXIF, XMP, comments,
and the second file of one that is two.
"""

from __future__ import annotations

from parlor.model.errors import BadPicture

_PNG = b"\x89PNG\r\n\x1a\n"
# PNG §5.6 and the animation chunks: everything that changes what is seen.
_PNG_KEPT = frozenset(
    {
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT",
        b"sRGB", b"cICP", b"bKGD", b"acTL", b"fcTL", b"fdAT",
    }
)  # fmt: skip
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_NO_METADATA = 0xFF & ~(0x08 | 0x04)
"""VP8X flags without EXIF and XMP (RFC 9649 §2.7.1)."""
_APP0, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_SOS, _EOI = 0xDA, 0xD9


def clean_picture(data: bytes) -> bytes:
    """A JPEG, PNG, GIF or WebP without its metadata. Raises BadPicture for what is none or broken.

    The orientation that a camera notes is metadata: turn the pixels first.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return _clean_jpeg(data)
    if data.startswith(_PNG):
        return _clean_png(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _clean_gif(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _clean_webp(data)
    raise BadPicture


def _clean_jpeg(data: bytes) -> bytes:
    """Segments (ITU-T T.81 B.1.1) up to the end of the image."""
    kept = [data[:2]]
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise BadPicture
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            return b"".join([*kept, b"\xff\xd9"])
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise BadPicture
        if marker == _SOS:
            end = _end_of_scan(data, end)
        if _is_kept(marker, data[at + 4 : at + 18]):
            kept.append(data[at:end])
        at = end
    if data[at : at + 2] == b"\xff\xd9":
        return b"".join([*kept, b"\xff\xd9"])
    raise BadPicture("The picture is cut off.")


def _is_kept(marker: int, head: bytes) -> bool:
    """Not the application's own segments, but for JFIF, Adobe's colours and colour profiles."""
    if not _APP0 <= marker <= _APP15:
        return marker != _COMMENT
    if marker == _APP2:
        return head.startswith(b"ICC_PROFILE\0")
    return (marker == _APP0 and head.startswith(b"JFIF\0")) or (
        marker == _APP14 and head.startswith(b"Adobe")
    )


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker is that is neither a restart nor a stuffed 0 (ITU-T T.81 B.1.1.5)."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise BadPicture("The picture is cut off.")
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _clean_png(data: bytes) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if end > len(data):
            break
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        elif kind[:1].isupper():
            raise BadPicture("The picture needs what nobody knows (PNG §5.4).")
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise BadPicture("The picture is cut off.")


def _clean_gif(data: bytes) -> bytes:
    """Blocks (GIF89a §12 ff.) up to the trailer."""
    at = 13 + _gif_table(data, 10)
    kept = [data[:at]]
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return b"".join([*kept, b"\x3b"])
        if kind == 0x2C:
            end = _end_of_blocks(data, at + 11 + _gif_table(data, at + 9))
            kept.append(data[at:end])
        elif kind == 0x21:
            end = _end_of_blocks(data, at + 2)
            is_loop = data[at + 1 : at + 14] == b"\xff\x0bNETSCAPE2.0"
            if is_loop or data[at + 1 : at + 2] == b"\xf9":
                kept.append(data[at:end])
        else:
            raise BadPicture
        at = end
    raise BadPicture("The picture is cut off.")


def _gif_table(data: bytes, at: int) -> int:
    """How many bytes of colours follow, by the flags at `at`."""
    if at >= len(data):
        raise BadPicture("The picture is cut off.")
    flags = data[at]
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data):
        size = data[at]
        at += 1 + size
        if size == 0:
            return at
    raise BadPicture("The picture is cut off.")


def _clean_webp(data: bytes) -> bytes:
    """Chunks of the RIFF file (RFC 9649 §2.3)."""
    stop = 8 + int.from_bytes(data[4:8], "little")
    if stop > len(data) + 1:
        raise BadPicture("The picture is cut off.")
    kept: list[bytes] = []
    at = 12
    while at + 8 <= min(stop, len(data)):
        kind = data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if len(body) < size:
            raise BadPicture("The picture is cut off.")
        if kind == b"VP8X" and body:
            body = bytes([body[0] & _WEBP_NO_METADATA]) + body[1:]
        if kind in _WEBP_KEPT:
            kept += [kind, size.to_bytes(4, "little"), body, b"\0" * (size & 1)]
        at += 8 + size + (size & 1)
    whole = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(whole).to_bytes(4, "little") + whole
