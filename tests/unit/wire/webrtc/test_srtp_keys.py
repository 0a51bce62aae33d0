import pytest

from parlor.wire.webrtc.srtp_keys import SrtpKeys, SrtpProfile, split_material


def test_both_ends_cut_the_same_material_into_the_others_keys():
    profile = SrtpProfile.AEAD_AES_128_GCM
    material = b"C" * 16 + b"S" * 16 + b"c" * 12 + b"s" * 12
    client = split_material(profile, material, client=True)
    server = split_material(profile, material, client=False)
    assert (client.ours, client.theirs) == (b"C" * 16 + b"c" * 12, b"S" * 16 + b"s" * 12)
    assert (server.ours, server.theirs) == (client.theirs, client.ours)


@pytest.mark.parametrize("profile", SrtpProfile)
def test_each_profile_wants_as_much_material_as_it_cuts(profile):
    keys = split_material(profile, bytes(profile.material_bytes), client=True)
    assert len(keys.ours) == len(keys.theirs) == profile.key_bytes + profile.salt_bytes
    with pytest.raises(ValueError, match="keying material"):
        split_material(profile, bytes(profile.material_bytes - 1), client=True)


def test_keys_are_not_shown():
    assert "secret" not in repr(SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, b"secret", b"secret"))
