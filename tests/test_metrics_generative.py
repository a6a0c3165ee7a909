"""All scores at once are those that are asked for one by one, and say how many samples they saw."""

import pytest
import torch

from course_lib.metrics import generative
from course_lib.metrics.generative import score_generator
from tests.helpers import seeded


def test_scores_are_those_of_the_single_functions_and_name_the_counts():
    real = torch.randn(60, 5, generator=seeded(0))
    fake = torch.randn(80, 5, generator=seeded(1)) + 0.5
    scores = score_generator(real, fake)
    assert scores.frechet == generative.frechet_distance(real, fake)
    assert scores.kernel == generative.kernel_distance(real, fake)
    assert (scores.precision, scores.recall) == generative.precision_recall(real, fake)
    assert (scores.density, scores.coverage) == generative.density_coverage(real, fake)
    assert (scores.real_count, scores.fake_count) == (60, 80)
    assert "80 generated against 60 real" in str(scores)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="5 generated samples are too few: more than 5"):
        score_generator(torch.zeros(60, 5), torch.zeros(5, 5))


def test_everything_that_is_offered_is_there():
    assert all(hasattr(generative, name) for name in generative.__all__)
