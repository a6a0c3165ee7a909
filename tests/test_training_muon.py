"""Muon: what orthogonalising does to singular values, the update by hand and against torch's, training and resuming."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.training.classifier import fit_classifier, make_optimizer, train_epoch, train_step
from course_lib.training.muon import COEFFICIENTS, Muon, orthogonalise
from tests.helpers import assert_same_state, copy_of_state, seeded, small_config, small_model, striped_images


def polynomial(values, rounds=3):
    a, b, c = COEFFICIENTS
    for _ in range(rounds):
        values = a * values + b * values**3 + c * values**5
    return values


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (6, 6), (1, 5)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_singular_values_follow_the_polynomial_and_singular_vectors_stay(shape, scale):
    matrix = scale * torch.randn(shape, generator=seeded(0), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    expected = left @ torch.diag(polynomial(values / matrix.norm())) @ right
    torch.testing.assert_close(orthogonalise(matrix), expected, rtol=0, atol=1e-3 if scale < 1 else 1e-6)


def test_singular_values_end_in_the_band_that_the_documentation_states():
    ends = polynomial(torch.linspace(0.02, 1, 10_000, dtype=torch.float64))
    assert 0.68 < ends.min() < 0.69
    assert 1.20 < ends.max() < 1.21


@pytest.mark.parametrize("shape", [(8, 20), (20, 8)])
def test_the_direction_is_that_of_torch(shape):
    weight = nn.Parameter(torch.randn(shape, generator=seeded(0)))
    weight.grad = torch.randn(shape, generator=seeded(1))
    before = weight.detach().clone()
    theirs = torch.optim.Muon([weight], lr=1.0, momentum=0.0, nesterov=False, weight_decay=0.0, ns_steps=3)
    theirs.step()
    step = (before - weight.detach()) / max(1, shape[0] / shape[1]) ** 0.5  # torch scales by the shape
    torch.testing.assert_close(step, orthogonalise(weight.grad), rtol=0, atol=0.03)  # torch's is in bfloat16


def test_filters_after_the_first_turn_and_all_else_descends():
    model = small_model()
    optimizer = Muon(model, lr=0.1, filter_lr=0.05, momentum=0.9, filter_momentum=0.6, weight_decay=0.01)
    before = copy_of_state(model)
    gradients = []
    for number, parameter in enumerate(model.parameters()):
        parameter.grad = torch.randn(parameter.shape, generator=seeded(number))
        gradients.append(parameter.grad.clone())
    optimizer.step()
    for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
        if name == "4.weight":  # the second convolution: 8 filters of 4·3·3 numbers
            unit = before[name] * 8**0.5 / before[name].norm()
            expected = unit - 0.05 * orthogonalise(1.6 * gradient.reshape(8, 36)).reshape(8, 4, 3, 3)
        else:
            expected = before[name] - 0.1 * 1.9 * (gradient + 0.01 * before[name])
        torch.testing.assert_close(parameter.detach(), expected)


def test_what_is_not_a_filter_goes_as_torch_s_descent_over_many_steps():
    ours, theirs = (nn.Linear(5, 3, dtype=torch.float64) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    options = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.02}
    optimizers = Muon(ours, **options), torch.optim.SGD(theirs.parameters(), nesterov=True, **options)
    for step in range(30):
        x = torch.randn(7, 5, generator=seeded(step), dtype=torch.float64)
        for model, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            (model(x) ** 2).mean().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=1e-12)


def test_parameters_without_a_gradient_are_left_alone():
    model = small_model()
    before = copy_of_state(model)
    Muon(model, lr=0.1).step()
    assert_same_state(model.state_dict(), before)


def test_it_learns_and_resumes_to_the_bit(tmp_path):
    data = striped_images(96)
    config = small_config(optimizer="muon", learning_rate=0.05)
    whole, parts = small_model(), small_model()
    history = fit_classifier(whole, data, data, config, progress=False)
    assert history["validation_accuracy"][-1] > 0.9

    def stop(epoch, history):
        if epoch == 1:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit_classifier(parts, data, data, config, checkpoint=checkpoint, on_epoch_end=stop, progress=False)
    resumed = small_model(seed=9)
    fit_classifier(resumed, data, data, config, checkpoint=checkpoint, progress=False)
    assert_same_state(resumed.state_dict(), whole.state_dict())


def test_the_schedule_carries_the_filters_along():
    config = small_config(optimizer="muon", learning_rate=0.2, filter_learning_rate=0.05, epochs=1)
    rates = []

    class Recording(Muon):
        def step(self):
            rates.append([group["lr"] for group in self.param_groups])
            super().step()

    model, data = small_model(), striped_images(64)

    optimizer = Recording(model, lr=0.2, filter_lr=0.05)
    train_epoch(model, optimizer, data, config, 0, seeded(0))
    assert len(rates) == 4
    for plain, filters in rates:
        assert filters == pytest.approx(plain / 4)
    assert max(plain for plain, _ in rates) > 0.1


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match="optimizer must be 'sgd' or 'muon', got 'adam'"):
        make_optimizer(small_model(), replace(small_config(), optimizer="adam"))


def test_a_train_step_takes_it():
    model, (images, labels) = small_model(), striped_images(8)
    loss = train_step(model, Muon(model, lr=0.01), images.float() / 255, labels)
    assert loss.isfinite()
