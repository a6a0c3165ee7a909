"""The checks of notebook 09 on Grad-CAM and the fast gradient sign accept right answers and name typical mistakes."""

import contextlib

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.inspection import check_fast_gradient, check_grad_cam
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.inspection.adversarial import fast_gradient_sign
from course_lib.inspection.attribution import grad_cam as library_grad_cam
from course_lib.inspection.features import evaluation_mode, recorded


def stub(*arguments):
    raise NotImplementedError


def label_logits(logits, labels):
    return logits[range(len(labels)), labels].sum()


def in_either_mode(model):
    return contextlib.nullcontext()


def combined(finish, score=label_logits, mode=evaluation_mode, gradient_of=None):
    """Return an answer that hands maps and gradient, (batch, channels, height, width), to `finish`."""

    def answer(model, layer, images, labels):
        other = layer if gradient_of is None else gradient_of(model, layer)
        with mode(model), recorded(layer, attached=True) as maps, recorded(other, attached=True) as others:
            total = score(model(images), labels)
        (gradient,) = torch.autograd.grad(total, others[0])
        return finish(maps[0].detach(), gradient)

    return answer


def cam(maps, gradient):
    return (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1).relu()


def cam_image_by_image(model, layer, images, labels):
    rows = []
    with evaluation_mode(model):
        for image, label in zip(images, labels, strict=True):
            with recorded(layer, attached=True) as maps:
                logit = model(image[None])[0, label]
            (gradient,) = torch.autograd.grad(logit, maps[0])
            weights = gradient[0].mean(dim=(1, 2))
            total = sum(weight * one for weight, one in zip(weights, maps[0][0], strict=True))
            rows.append(torch.clamp(total, min=0).detach())
    return torch.stack(rows)


def einsum_cam(maps, gradient):
    weights = gradient.mean(dim=(2, 3)).float()
    return torch.einsum("bk,bkij->bij", weights, maps.float()).clamp(min=0)[:, None]


@pytest.mark.parametrize(
    "answer", [library_grad_cam, combined(cam), cam_image_by_image, combined(einsum_cam)]
)
def test_grad_cam_is_accepted_however_it_is_written(answer):
    assert check_grad_cam(answer).status == CORRECT


def weight(gradient):
    return gradient.mean(dim=(2, 3), keepdim=True)


def raw(maps, gradient):
    return (weight(gradient) * maps).sum(dim=1)


def scaled(maps):
    return maps / maps.amax(dim=(1, 2), keepdim=True)


def other_convolution(model, layer):
    return model[0] if layer is model[3] else model[3]


def leave_hook(model, layer, images, labels):
    result = library_grad_cam(model, layer, images, labels)
    layer.register_forward_hook(lambda module, inputs, output: None)
    return result


def on_the_graph(model, layer, images, labels):
    with evaluation_mode(model), recorded(layer, attached=True) as maps:
        total = label_logits(model(images), labels)
    (gradient,) = torch.autograd.grad(total, maps[0])
    return cam(maps[0], gradient)


def by_backward(model, layer, images, labels):
    with evaluation_mode(model), recorded(layer, attached=True) as maps:
        total = label_logits(model(images), labels)
        maps[0].retain_grad()
        total.backward()
    return cam(maps[0].detach(), maps[0].grad)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (combined(lambda a, g: (g * a).sum(dim=1).relu()), "not averaged over the places"),
        (combined(lambda a, g: (g * a).sum(dim=1)), "And the ReLU is missing"),
        (combined(raw), "The ReLU at the end is missing"),
        (combined(lambda a, g: scaled(raw(a, g))), "divided by its largest value before the ReLU"),
        (combined(lambda a, g: scaled(raw(a, g)).relu()), "divided by its largest value"),
        (combined(lambda a, g: (weight(g) * a).relu().sum(dim=1)), "The ReLU comes too early"),
        (combined(lambda a, g: (weight(g).relu() * a).sum(dim=1).relu()), "not to the weights"),
        (combined(lambda a, g: raw(a, g).abs()), "abs() is not ReLU"),
        (combined(cam, gradient_of=other_convolution), "those of another layer"),
        (lambda m, layer, x, y: combined(cam)(m, other_convolution(m, layer), x, y), "those of another layer"),
        (combined(lambda a, g: 64 * cam(a, g)), "not its sum"),
        (combined(lambda a, g: cam(a, g) / 5), "The channels are averaged"),
        (combined(lambda a, g: cam(a, g.mean(dim=0, keepdim=True))), "averaged over the batch"),
        (combined(cam, lambda z, y: z.softmax(1)[range(len(y)), y].sum()), "gradient of the probability"),
        (combined(cam, lambda z, y: F.cross_entropy(z, y, reduction="sum")), "gradient of the loss"),
        (combined(cam, lambda z, y: z.sum()), "sum of all logits"),
        (combined(cam, lambda z, y: z.amax(dim=1).sum()), "the class the network prefers"),
        (combined(cam, mode=in_either_mode), "in training mode"),
        (leave_hook, "A hook is left"),
        (on_the_graph, "still hang on the graph"),
        (by_backward, "backward() has written"),
        (combined(lambda a, g: 3 * cam(a, g)), "weight times map, added up"),
    ],
)  # fmt: skip
def test_a_wrong_grad_cam_is_told_its_mistake(answer, hint):
    result = check_grad_cam(answer)
    assert result.status == WRONG
    assert hint in result.message


def attack(model, images, labels, epsilon, mean, std, *, move=torch.sign, sign=1, clamp=True, mode=evaluation_mode,
           score=F.cross_entropy, unit=lambda std: 1 / std):  # fmt: skip
    images = images.requires_grad_()
    with mode(model):
        loss = score(model(images), labels)
    (gradient,) = torch.autograd.grad(loss, images)
    moved = images.detach() + sign * epsilon * unit(std) * move(gradient)
    return moved.clamp(-mean / std, (1 - mean) / std) if clamp else moved


def attack_in_pixels(model, images, labels, epsilon, mean, std):
    step = attack(model, images, labels, 1.0, mean, std, clamp=False) - images
    pixels = images * std + mean + epsilon * step.sign()
    return (torch.clamp(pixels, 0, 1) - mean) / std


def attack_by_library(model, images, labels, epsilon, mean, std):
    return fast_gradient_sign(model, images, labels, epsilon, mean=[mean], std=[std]).float()


@pytest.mark.parametrize("answer", [attack, attack_in_pixels, attack_by_library])
def test_the_fast_gradient_sign_is_accepted_however_it_is_written(answer):
    assert check_fast_gradient(answer).status == CORRECT


def attacked(**options):
    return lambda *arguments: attack(*arguments, **options)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (attacked(move=lambda g: g), "Only its sign counts"),
        (attacked(sign=-1), "The step goes down the loss"),
        (attacked(unit=lambda std: 1), "epsilon / std"),
        (attacked(unit=lambda std: std), "epsilon / std"),
        (attacked(clamp=False), "clamp them"),
        (lambda *a: attack(*a, clamp=False).clamp(0, 1), "clamped to other numbers"),
        (lambda m, x, y, e, mean, std: attack(m, x, y, e, mean, std) * std + mean, "not normalised any more"),
        (lambda m, x, y, e, mean, std: attack(m, x, y, e, mean, std, clamp=False) - x, "That is the step"),
        (attacked(mode=in_either_mode), "in training mode"),
        (attacked(score=label_logits), "the picture becomes easier"),
        (lambda *a: attack(*a, score=label_logits, sign=-1), "the other classes in it as well"),
        (lambda m, x, *rest: x, "Every pixel moves by"),
    ],
)
def test_a_wrong_fast_gradient_sign_is_told_its_mistake(answer, hint):
    result = check_fast_gradient(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_grad_cam, check_fast_gradient])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
