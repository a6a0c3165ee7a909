"""The checks of notebook 09 on hooks, occlusion and saliency accept right answers and tell wrong ones their mistake."""

import contextlib

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.inspection import check_feature_map, check_occlusion, check_saliency
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.inspection.attribution import occlusion_map
from course_lib.inspection.attribution import saliency as library_saliency
from course_lib.inspection.features import evaluation_mode, feature_maps, recorded


def stub(*arguments):
    raise NotImplementedError


def map_by_hook(
    model, layer, images, *, take=lambda inputs, output: output.detach().clone(), remove="finally"
):
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(take(inputs, output)))
    try:
        model(images)
    except Exception:
        if remove != "finally":
            raise
        handle.remove()
        raise
    if remove != "never":
        handle.remove()
    return kept[0]


def map_as_list(model, layer, images):
    with torch.no_grad(), recorded(layer) as outputs:
        model(images)
    return outputs


@pytest.mark.parametrize("answer", [map_by_hook, feature_maps, map_as_list])
def test_a_feature_map_is_accepted_however_it_is_recorded(answer):
    assert check_feature_map(answer).status == CORRECT


def with_take(take):
    return lambda model, layer, images: map_by_hook(model, layer, images, take=take)


def swallow(model, layer, images):
    try:
        return map_by_hook(model, layer, images)
    except Exception:
        raise ValueError("something else") from None


def keep_quiet(model, layer, images):
    try:
        return feature_maps(model, layer, images)
    except Exception:
        pass


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (keep_quiet, "Let it pass"),
        (lambda m, layer, x: map_by_hook(m, layer, x, remove="never"), "A hook is left"),
        (lambda m, layer, x: map_by_hook(m, layer, x, remove="afterwards"), "the hook stays"),
        (with_take(lambda inputs, output: output.clone()), "hang on the graph"),
        (with_take(lambda inputs, output: output.detach()), "works in place"),
        (with_take(lambda inputs, output: inputs[0].detach().clone()), "goes into the layer"),
        (lambda m, layer, x: m(x).detach(), "what the model returns"),
        (with_take(lambda inputs, output: output.detach().clone() * 2), "unchanged"),
        (with_take(lambda inputs, output: output.detach().clone()[0]), "The shape should be"),
        (lambda m, layer, x: map_by_hook(m.train(), layer, x), "in training mode"),
        (lambda m, layer, x: "a map", "A tensor is expected"),
        (swallow, "another came out"),
    ],
)  # fmt: skip
def test_a_wrong_feature_map_is_told_its_mistake(answer, hint):
    result = check_feature_map(answer)
    assert result.status == WRONG
    assert hint in result.message


def occlusion_by_loops(
    model, image, label, size, stride, value, *, missing=0, wider=0, fresh=True, score=None, best=False
):
    score = score or (lambda logits: logits.softmax(0))
    with torch.no_grad():
        label = model(image[None])[0].argmax() if best else label
        before = score(model(image[None])[0])[label]
        rows, canvas = [], image
        for top in range(0, image.shape[1] - size + 1 - missing, stride):
            rows.append([])
            for left in range(0, image.shape[2] - size + 1 - missing, stride):
                canvas = image.clone() if fresh else canvas
                canvas[:, top : top + size + wider, left : left + size + wider] = value
                rows[-1].append((before - score(model(canvas[None])[0])[label]).item())
    return rows


def occlusion_by_library(model, image, label, size, stride, value):
    return occlusion_map(model, image, label, patch_size=size, stride=stride, value=value).float()


@pytest.mark.parametrize("answer", [occlusion_by_loops, occlusion_by_library])
def test_an_occlusion_map_is_accepted_however_it_is_written(answer):
    assert check_occlusion(answer).status == CORRECT


def changed(**options):
    return lambda *arguments: occlusion_by_loops(*arguments, **options)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: -torch.tensor(occlusion_by_loops(*a)), "The sign is reversed"),
        (changed(best=True), "the class the network prefers"),
        (changed(score=lambda logits: logits), "take the softmax first"),
        (changed(score=lambda logits: logits.log_softmax(0)), "change of the loss"),
        (changed(missing=1), "one place more"),
        (changed(wider=-1), "one pixel too small"),
        (changed(wider=1), "one pixel too large"),
        (changed(fresh=False), "begin with a fresh copy"),
        (lambda m, i, c, s, t, v: occlusion_by_loops(m, i, c, s, t, 0.0), "Fill it with `value`"),
        (lambda m, i, c, s, t, v: occlusion_by_loops(m, i, c, s, 1, v), "The stride is ignored"),
        (lambda *a: torch.tensor(occlusion_by_loops(*a)).T, "Rows and columns are exchanged"),
        (lambda *a: 3 * torch.tensor(occlusion_by_loops(*a)), "belongs to the patch from"),
        (lambda *a: "a map", "Numbers are expected"),
    ],
)
def test_a_wrong_occlusion_map_is_told_its_mistake(answer, hint):
    result = check_occlusion(answer)
    assert result.status == WRONG
    assert hint in result.message


def gradient(model, images, labels, score=None, mode=evaluation_mode):
    images = images.requires_grad_()
    with mode(model):
        logits = model(images)
        total = score(logits, labels) if score else logits[range(len(labels)), labels].sum()
    return torch.autograd.grad(total, images)[0]


def saliency_image_by_image(model, images, labels):
    maps = []
    with evaluation_mode(model):
        for image, label in zip(images, labels, strict=True):
            image = image.clone().requires_grad_()
            maps.append(torch.autograd.grad(model(image[None])[0, label], image)[0].abs().max(dim=0).values)
    return torch.stack(maps)


def saliency_with_channel(model, images, labels):
    return gradient(model, images, labels).abs().amax(dim=1, keepdim=True)


@pytest.mark.parametrize("answer", [library_saliency, saliency_image_by_image, saliency_with_channel])
def test_a_saliency_map_is_accepted_however_it_is_written(answer):
    assert check_saliency(answer).status == CORRECT


def finished(finish, score=None, mode=evaluation_mode):
    return lambda model, images, labels: finish(gradient(model, images, labels, score, mode))


def largest(values):
    return values.abs().amax(dim=1)


def hasty_saliency(model, images, labels):
    """The function that the exercise asks to repair."""
    images.requires_grad_()
    F.cross_entropy(model(images), labels).backward()
    return images.grad.mean(dim=1)


def saliency_by_backward(model, images, labels):
    images.requires_grad_()
    with evaluation_mode(model):
        model(images)[range(len(labels)), labels].sum().backward()
    return largest(images.grad)


def saliency_left_in_evaluation(model, images, labels):
    model.eval()
    return largest(gradient(model, images, labels))


def saliency_freezing(model, images, labels):
    result = library_saliency(model, images, labels)
    model.requires_grad_(False)
    return result


def in_either_mode(model):
    return contextlib.nullcontext()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (finished(largest, lambda z, y: F.cross_entropy(z, y, reduction="sum")), "gradient of the loss"),
        (finished(largest, F.cross_entropy), "gradient of the mean loss"),
        (finished(largest, lambda z, y: z.sum()), "sum of all logits"),
        (finished(largest, lambda z, y: z.softmax(1)[range(len(y)), y].sum()), "gradient of the probability"),
        (finished(largest, lambda z, y: z.amax(dim=1).sum()), "the class the network prefers"),
        (finished(lambda g: g.amax(dim=1)), "The sign is still there"),
        (finished(lambda g: g.mean(dim=1)), "The sign is still there"),
        (finished(lambda g: g.abs().mean(dim=1)), "Of the channels the largest"),
        (finished(lambda g: g.abs()), "One number for each pixel"),
        (finished(lambda g: 2 * largest(g)), "Differentiate the label's logit by the pixels"),
        (finished(lambda g: largest(g) / largest(g).amax(dim=(1, 2), keepdim=True)), "divided by its largest"),
        (finished(largest, mode=in_either_mode), "in training mode"),
        (saliency_by_backward, "backward() has written"),
        (saliency_left_in_evaluation, "in another mode"),
        (saliency_freezing, "requires_grad of a weight"),
    ],
)  # fmt: skip
def test_a_wrong_saliency_map_is_told_its_mistake(answer, hint):
    result = check_saliency(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_function_to_repair_is_not_accepted():
    assert check_saliency(hasty_saliency).status == WRONG


@pytest.mark.parametrize("check", [check_feature_map, check_occlusion, check_saliency])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
