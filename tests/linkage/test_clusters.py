"""Numbers that a rule made alike stand out; numbers that chance made don't."""

from __future__ import annotations

import random
import time

import pytest

from scrubkit.linkage.clusters import clusters

CHANCE = random.Random(1)


def lengths(count: int) -> list[float]:
    return [CHANCE.uniform(5, 90) for _ in range(count)]


def test_clips_of_one_length_are_a_cluster() -> None:
    assert clusters([60.0, 12.3, 60.1, 33.0, 59.9, 60.0], 5) == [[0, 2, 4, 5]]


def test_two_that_are_alike_are_none() -> None:
    assert clusters([60.0, 60.0, 12.0, 33.0], 5) == []


def test_what_is_too_small_is_none() -> None:
    assert clusters([3.0] * 10, 5) == []


def test_lengths_on_the_border_of_a_step_are_not_torn_apart() -> None:
    for shift in range(40):
        around = 60 * (1 + shift / 4000)
        assert clusters([around * (1 + i / 20000) for i in range(-5, 6)], 5) == [list(range(11))]


def test_two_rules_make_two_clusters_the_larger_first() -> None:
    found = clusters([180.0] * 4 + [60.0] * 6 + [7.0, 22.0], 5)
    assert found == [[4, 5, 6, 7, 8, 9], [0, 1, 2, 3]]


@pytest.mark.parametrize("count", [10, 100, 1000, 10_000])
def test_chance_makes_hardly_any(count: int) -> None:
    found = sum(len(each) for _ in range(5) for each in clusters(lengths(count), 5))
    assert found <= 0.05 * 5 * count


def test_a_rule_stands_out_among_many_others() -> None:
    cut = [60 + CHANCE.uniform(-0.05, 0.05) for _ in range(200)]
    found = clusters(cut + lengths(2000), 5)
    assert set(range(200)) <= set(found[0])


def test_a_hundred_thousand_take_little_time() -> None:
    numbers = lengths(100_000)
    start = time.process_time()
    clusters(numbers, 5)
    assert time.process_time() - start < 5


def test_nothing_has_no_clusters() -> None:
    assert clusters([], 5) == []
