"""The loop that tries again: how often, how long it waits, and which error is left in the end."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from landed.core.patience import patiently, until


def failing(times: int, error: type[Exception] = OSError) -> Callable[[], str]:
    """Fails so often, then succeeds."""
    left = list(range(times))

    def attempt() -> str:
        if left:
            raise error(left.pop())
        return "there"

    return attempt


def test_the_pauses_come_in_order_and_the_last_one_again() -> None:
    slept: list[float] = []
    never = until(time.monotonic() + 3600, (1.0, 2.0, 4.0), OSError)
    assert patiently(failing(5), never, sleep=slept.append) == "there"
    assert slept == [1.0, 2.0, 4.0, 4.0, 4.0]


def test_what_works_waits_for_nothing() -> None:
    slept: list[float] = []
    assert patiently(failing(0), until(0.0, (1.0,), OSError), sleep=slept.append) == "there"
    assert slept == []


def test_after_the_end_the_last_error_stands() -> None:
    with pytest.raises(OSError, match="1"):
        patiently(failing(2), until(time.monotonic() - 1, (0.0,), OSError))


def test_other_errors_are_none_to_wait_for() -> None:
    slept: list[float] = []
    with pytest.raises(ValueError, match="0"):
        patiently(failing(1, ValueError), until(time.monotonic() + 3600, (1.0,), OSError), sleep=slept.append)
    assert slept == []


def test_how_often_was_tried_is_told_and_something_else_can_be_said() -> None:
    told: list[int] = []

    def pause(error: Exception, tried: int) -> float:
        told.append(tried)
        if tried == 3:
            raise RuntimeError("enough") from error
        return 0.0

    with pytest.raises(RuntimeError, match="enough"):
        patiently(failing(9), pause)
    assert told == [1, 2, 3]


def test_ctrl_c_is_never_tried_again() -> None:
    def attempt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patiently(attempt, lambda error, tried: 0.0)
