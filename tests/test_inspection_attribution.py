"""Attribution maps against closed forms, finite differences and slow loops; the model stays as it was."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.inspection.attribution import enlarge, grad_cam, occlusion_map, over_pixels, saliency
from tests.helpers import assert_same_state, copy_of_state, seeded, small_model


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=seeded(seed))


class PooledClassifier(nn.Module):
    """Convolution, ReLU, global average, linear: the network of Zhou et al. 2015, where the answer is known."""

    def __init__(self, maps, classes, seed):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, maps, 3, padding=1), nn.Tanh()).double()
        self.classify = nn.Linear(maps, classes).double()
        for number, parameter in enumerate(self.parameters()):
            parameter.data = normal(*parameter.shape, seed=seed + number)

    def forward(self, images):
        return self.classify(self.features(images).mean(dim=(2, 3)))


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(3, 6), st.integers(3, 6), st.integers(1, 3))
def test_grad_cam_is_cam_divided_by_the_number_of_places(seed, maps, height, width, count):
    model, images = PooledClassifier(maps, 3, seed), normal(count, 1, height, width, seed=seed)
    labels = torch.randint(0, 3, (count,), generator=seeded(seed))
    class_weights = model.classify.weight[labels]  # (count, maps)
    cam = torch.einsum("nk,nkij->nij", class_weights, model.features(images))  # Zhou et al., equation 2
    expected = (cam / (height * width)).relu().detach()
    torch.testing.assert_close(grad_cam(model, model.features, images, labels), expected)


def test_without_its_relu_grad_cam_would_be_another_map():
    model, images = PooledClassifier(3, 3, 0), normal(4, 1, 5, 5)
    labels = torch.tensor([0, 1, 2, 0])
    cam = torch.einsum("nk,nkij->nij", model.classify.weight[labels], model.features(images)) / 25
    result = grad_cam(model, model.features, images, labels)
    assert cam.min() < -1e-3
    assert (result[cam < 0] == 0).all()
    torch.testing.assert_close(result[cam > 0], cam[cam > 0].detach())


def test_the_weights_of_grad_cam_are_averages_and_not_values_in_place():
    # logit = the map's upper left pixel, twice: the gradient is 2 there and 0 elsewhere, its mean 2 / 4
    head = nn.Linear(4, 1, bias=False).double()
    head.weight.data = torch.tensor([[2.0, 0, 0, 0]], dtype=torch.float64)
    layer = nn.Identity()
    image = torch.tensor([[[[1.0, 2.0], [3.0, -4.0]]]], dtype=torch.float64)
    result = grad_cam(nn.Sequential(layer, nn.Flatten(), head), layer, image, torch.tensor([0]))
    assert result.tolist() == [[[0.5, 1.0], [1.5, 0.0]]]


@pytest.mark.parametrize("position", [0, 2, 4])
def test_images_of_a_batch_are_explained_as_if_alone(position):
    model, images, labels = small_model().double(), normal(3, 1, 8, 8), torch.tensor([0, 2, 1])
    for explain in (saliency, lambda m, x, y: grad_cam(m, m[position], x, y)):
        together = explain(model, images, labels)
        alone = [explain(model, images[i : i + 1], labels[i : i + 1]) for i in range(3)]
        torch.testing.assert_close(together, torch.cat(alone))


def test_saliency_is_the_largest_slope_of_the_channels_by_finite_differences():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(3 * 2 * 3, 4)).double()
    image, label, step = normal(1, 2, 4, 5), 2, 1e-5
    slopes = torch.zeros(2, 4, 5, dtype=torch.float64)
    for place in torch.cartesian_prod(torch.arange(2), torch.arange(4), torch.arange(5)).tolist():
        up, down = image.clone(), image.clone()
        up[(0, *place)] += step
        down[(0, *place)] -= step
        slopes[tuple(place)] = (model(up)[0, label] - model(down)[0, label]).item() / (2 * step)
    assert slopes.min() < 0
    result = saliency(model, image, torch.tensor([label]))
    torch.testing.assert_close(result[0], slopes.abs().amax(dim=0), atol=1e-7, rtol=1e-5)


@given(
    st.integers(0, 1000), st.integers(1, 2), st.integers(4, 7), st.integers(4, 7), st.integers(1, 4),
    st.integers(1, 3), st.integers(1, 7),
)  # fmt: skip
def test_occlusion_equals_a_slow_double_loop(seed, channels, height, width, size, stride, batch_size):
    model = nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, 3)).double()
    image, value = normal(channels, height, width, seed=seed), -0.7
    rows = []
    for top in range(0, height - size + 1, stride):
        rows.append([])
        for left in range(0, width - size + 1, stride):
            covered = image.clone()
            for row in range(top, top + size):
                for column in range(left, left + size):
                    covered[:, row, column] = value
            p = [model(picture[None]).softmax(dim=1)[0, 1].item() for picture in (image, covered)]
            rows[-1].append(p[0] - p[1])
    options = {"patch_size": size, "stride": stride, "value": value, "batch_size": batch_size}
    result = occlusion_map(model, image, 1, **options)
    torch.testing.assert_close(result, torch.tensor(rows, dtype=torch.float64))


@given(st.integers(1, 4), st.integers(1, 5), st.integers(4, 8), st.integers(4, 8))
def test_each_pixel_gets_the_mean_of_the_patches_that_cover_it(size, stride, height, width):
    rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    places = normal(rows, columns)
    expected = torch.zeros(height, width, dtype=torch.float64)
    for y in range(height):
        for x in range(width):
            covering = [
                places[i, j]
                for i in range(rows)
                for j in range(columns)
                if i * stride <= y < i * stride + size and j * stride <= x < j * stride + size
            ]
            expected[y, x] = sum(covering) / len(covering) if covering else 0
    torch.testing.assert_close(over_pixels(places, size, stride, height, width), expected)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1, 1, 8, 8), {"patch_size": 2}),
        ((1, 8, 8), {"patch_size": 9}),
        ((1, 8, 8), {"patch_size": 0}),
        ((1, 8, 8), {"patch_size": 2, "stride": 0}),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(shape, options):
    with pytest.raises(ValueError, match="a patch that fits"):
        occlusion_map(small_model(), torch.zeros(shape), 0, value=0.0, **options)


def test_grad_cam_refuses_a_layer_that_is_not_called_once_or_has_no_maps():
    model, relu = small_model(), nn.ReLU()
    arguments = torch.zeros(1, 1, 8, 8), torch.tensor([0])
    for layer in (nn.ReLU(), model[7]):
        with pytest.raises(ValueError, match="calls once"):
            grad_cam(model, layer, *arguments)
    with pytest.raises(ValueError, match="calls once"):
        grad_cam(nn.Sequential(relu, relu, nn.Flatten()), relu, *arguments)


EXPLANATIONS = {
    "occlusion": lambda m, x, y: occlusion_map(m, x[0], 1, patch_size=3, value=0.0),
    "saliency": saliency,
    "grad_cam": lambda m, x, y: grad_cam(m, m[4], x, y),
}


@pytest.mark.parametrize("explain", EXPLANATIONS.values(), ids=EXPLANATIONS)
@pytest.mark.parametrize("frozen", [True, False])
def test_the_model_and_the_image_stay_as_they_were(explain, frozen):
    model, images, labels = small_model(), torch.randn(2, 1, 8, 8, generator=seeded(0)), torch.tensor([0, 1])
    model.requires_grad_(not frozen)
    model[1].eval()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    state, modes, before = copy_of_state(model), [m.training for m in model.modules()], images.clone()
    with torch.no_grad():  # as in an evaluation loop
        result = explain(model, images, labels)
    assert result.isfinite().all()
    assert not result.requires_grad
    assert_same_state(copy_of_state(model), state)
    assert [m.training for m in model.modules()] == modes
    assert all(p.requires_grad is not frozen for p in model.parameters())
    assert (model[0].weight.grad == 1).all()
    assert all(p.grad is None for p in list(model.parameters())[1:])
    assert torch.equal(images, before)
    assert not images.requires_grad
    assert not any(m._forward_hooks for m in model.modules())


def test_a_map_is_enlarged_by_torchs_rule():
    maps = normal(2, 3, 4)
    expected = F.interpolate(maps[None], size=(9, 8), mode="bilinear")[0]
    torch.testing.assert_close(enlarge(maps, 9, 8), expected)
    torch.testing.assert_close(enlarge(torch.full((1, 3, 3), 2.0), 28, 28), torch.full((1, 28, 28), 2.0))
