"""Keys that are made in Python."""

from accounts.identifiers import uuid7


def test_a_key_is_a_version_7_uuid_of_the_standard_variant():
    assert {(key.version, key.variant) for key in (uuid7() for _ in range(1000))} == {
        (7, "specified in RFC 4122"),
    }


def test_keys_differ_and_sort_as_they_were_made():
    keys = [uuid7() for _ in range(2000)]
    assert len(set(keys)) == 2000
    stamps = [key.int >> 64 for key in keys]
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[-1]
