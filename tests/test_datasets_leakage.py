"""The finder of duplicates against comparing every pair, and against planted copies."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.datasets import leakage
from course_lib.datasets.leakage import (
    exact_duplicates,
    near_duplicates,
    overlap_report,
    root_mean_square_distance,
)


def noise(count, seed=0, side=8, high=256, channels=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, high, (count, channels, side, side), generator=generator, dtype=torch.uint8)


def all_pairs(first, second, distance):
    """Compare every image with every other one."""
    return [
        (i, j)
        for j, b in enumerate(second)
        for i, a in enumerate(first)
        if (a.double() - b.double()).square().mean().sqrt() <= distance
    ]


def planted(seed=0, channels=1):
    """Return two sets of noise in which some images of the second are noisy or exact copies of the first."""
    first, second = noise(30, seed, channels=channels), noise(20, seed + 1, channels=channels)
    second[3], second[7], second[8] = first[4], first[4], first[29]
    change = noise(20, seed + 2, high=6, channels=channels)
    second[10:14] = first[10:14].clamp(max=240) + change[10:14]
    first[15] = first[4]
    return first, second


def test_equal_images_are_found_wherever_they_are():
    first, second = planted()
    found = exact_duplicates(first, second)
    assert found == [(4, 3), (15, 3), (4, 7), (15, 7), (29, 8)]
    assert found == all_pairs(first, second, 0)


def test_images_are_compared_by_value_not_by_place_or_label_or_sum():
    first = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4)
    assert exact_duplicates(first, first.clone()) == [(0, 0)]
    assert exact_duplicates(first, first.flip(-1)) == []  # the same pixels in another order


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), distance=st.sampled_from([0.0, 2.5, 5.0, 60.0, 105.0]))
def test_the_search_with_small_versions_misses_nothing_and_adds_nothing(seed, distance):
    first, second = planted(seed, channels=1 + seed % 3)
    assert near_duplicates(first, second, distance) == all_pairs(first, second, distance)


def test_blocks_do_not_change_the_answer(monkeypatch):
    first, second = planted()
    expected = near_duplicates(first, second, 5.0)
    monkeypatch.setattr(leakage, "BLOCK", 3)
    assert near_duplicates(first, second, 5.0) == expected


def test_the_distance_is_in_grey_values():
    black, grey = torch.zeros(1, 4, 4, dtype=torch.uint8), torch.full((1, 4, 4), 10, dtype=torch.uint8)
    assert root_mean_square_distance(black, grey) == 10
    assert near_duplicates(black[None], grey[None], 10) == [(0, 0)]
    assert near_duplicates(black[None], grey[None], 9.99) == []


def test_the_report_separates_exact_from_near_and_counts_images_once():
    first, second = planted()
    report = overlap_report(first, second, distance=15.0)
    assert report.exact == exact_duplicates(first, second)
    assert {j for _, j in report.near} == {10, 11, 12, 13}
    assert report.share == 7 / 20
    assert str(report) == "5 exact and 4 near pairs; 35.00 % of 20 images are affected"


def test_sets_without_common_images_report_nothing():
    report = overlap_report(noise(10, 1), noise(10, 2))
    assert (report.exact, report.near, report.share) == ([], [], 0)


@pytest.mark.parametrize("search", [exact_duplicates, lambda a, b: near_duplicates(a, b, 1.0)])
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (noise(2).float(), noise(2), "must be uint8"),
        (noise(2), noise(2)[0], "must be uint8"),
        (noise(2), noise(2, side=4), "cannot be compared"),
    ],
)
def test_what_cannot_be_compared_is_refused(search, first, second, message):
    with pytest.raises(ValueError, match=message):
        search(first, second)


@pytest.mark.parametrize(("distance", "pool"), [(-1.0, 4), (1.0, 3)])
def test_impossible_settings_are_refused(distance, pool):
    with pytest.raises(ValueError, match="at least 0, and pool a divisor"):
        near_duplicates(noise(2), noise(2), distance, pool=pool)
