"""Going from provider to provider: one that fails stops no other."""

from uuid import uuid4

import pytest
from django.db import DatabaseError

from accounts.rounds import each_provider


def test_what_each_returned_comes_back_in_order():
    keys = [uuid4() for _ in range(3)]
    assert each_provider(keys, lambda key: key.hex, what="things") == [key.hex for key in keys]


def test_the_others_have_their_turn_before_the_last_error_is_raised(caplog):
    keys = [uuid4() for _ in range(4)]
    seen = []

    def work(key):
        seen.append(key)
        if key in keys[:2]:
            raise DatabaseError(f"at {keys.index(key)}")

    with pytest.raises(DatabaseError, match="at 1"):
        each_provider(keys, work, what="things")
    assert seen == keys
    assert [f"things of provider {key}: put off" in caplog.text for key in keys] == [True, True, False, False]


def test_an_error_that_was_not_named_stops_at_once():
    seen = []

    def work(key):
        seen.append(key)
        raise OSError

    with pytest.raises(OSError):
        each_provider([uuid4(), uuid4()], work, what="things")
    assert len(seen) == 1
    with pytest.raises(OSError):
        each_provider([uuid4(), uuid4()], work, what="things", errors=(OSError,))
    assert len(seen) == 3
