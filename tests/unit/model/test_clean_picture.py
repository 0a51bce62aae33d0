import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.clean_picture import clean_picture
from parlor.model.errors import BadPicture
from tests.support.drawn import GPS, drawn, opened

KINDS = ("JPEG", "PNG", "WEBP", "GIF")
SAMPLES = [
    *(drawn(kind) for kind in KINDS),
    drawn("WEBP", frames=3),
    drawn("GIF", frames=3),
    drawn("PNG", frames=3),
    drawn("WEBP", alpha=True),
]


@pytest.mark.parametrize("data", SAMPLES)
def test_the_pixels_stay_and_the_place_goes(data):
    before, after = opened(data), opened(clean_picture(data))
    assert GPS in data
    assert GPS not in clean_picture(data)
    assert not after.getexif()
    assert (before.format, before.size) == (after.format, after.size)
    frames = getattr(before, "n_frames", 1)
    assert getattr(after, "n_frames", 1) == frames
    for number in range(frames):
        before.seek(number)
        after.seek(number)
        assert before.convert("RGBA").tobytes() == after.convert("RGBA").tobytes()


@pytest.mark.parametrize("data", SAMPLES)
def test_cleaning_twice_changes_nothing_more(data):
    assert clean_picture(clean_picture(data)) == clean_picture(data)


@pytest.mark.parametrize("data", SAMPLES)
@pytest.mark.parametrize("behind", [b"PK\x03\x04 a zip", b"<script>alert(1)</script>", b"\0" * 9])
def test_what_follows_the_end_is_cut_off(data, behind):
    assert clean_picture(data + behind) == clean_picture(data)


def test_a_comment_in_a_jpeg_goes_with_what_is_in_it():
    data = drawn("JPEG")
    script = b"*/alert(1)/*"
    polyglot = data[:2] + b"\xff\xfe" + (len(script) + 2).to_bytes(2, "big") + script + data[2:]
    assert clean_picture(polyglot) == clean_picture(data)


def test_a_colour_profile_stays():
    from io import BytesIO

    from PIL import Image, ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        out = BytesIO()
        Image.new("RGB", (8, 8)).save(out, kind, icc_profile=profile)
        assert opened(clean_picture(out.getvalue())).info["icc_profile"] == profile


@pytest.mark.parametrize("data", SAMPLES)
def test_a_picture_that_is_cut_off_is_refused(data):
    whole = clean_picture(data)
    for end in (3, 12, len(whole) // 3, len(whole) // 2, len(whole) - 3):
        with pytest.raises(BadPicture):
            clean_picture(whole[:end])


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"BM" + bytes(99), b"\xff\xd8"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(BadPicture):
        clean_picture(data)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_broken_picture_is_cleaned_or_refused(data, draw):
    broken = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        broken[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    del broken[draw.draw(st.integers(0, len(data))) :]
    try:
        cleaned = clean_picture(bytes(broken))
    except BadPicture:
        return
    assert GPS not in cleaned or GPS not in data
    assert len(cleaned) <= len(broken) + 2
