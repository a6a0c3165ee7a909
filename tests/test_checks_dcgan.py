"""The checks of notebook 14 on scaling, architecture and diagnosis accept right answers and tell wrong ones theirs."""

import pytest
import torch
from torch import nn

from course_lib.checks.dcgan import CAUSES, check_diagnosis, check_discriminator, check_scaling
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


def to_range(pixels):
    return pixels.float() / 127.5 - 1


def to_pixels(images):
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def to_pixels_in_another_order(images):
    return (images.clamp(-1, 1) / 2 + 0.5).mul(255).add(0.5).floor().to(torch.uint8)


@pytest.mark.parametrize(
    "there", [to_range, lambda p: 2 * (p / 255) - 1, lambda p: (p.double() - 127.5) / 127.5]
)
@pytest.mark.parametrize("back", [to_pixels, to_pixels_in_another_order])
def test_right_scalings_are_accepted(there, back):
    assert check_scaling(there, back).status == CORRECT


@pytest.mark.parametrize(
    ("there", "back", "hint"),
    [
        (lambda p: p / 255, to_pixels, "lies in [0, 1]"),
        (lambda p: p / 128 - 1, to_pixels, "0.992"),
        (lambda p: p / 127 - 1, to_pixels, "1.008"),
        (lambda p: p / 255 - 0.5, to_pixels, "[-0.5, 0.5]"),
        (lambda p: p.float() - 1, to_pixels, "before you subtract"),
        (lambda p: 1 - p / 127.5, to_pixels, "Black and white are exchanged"),
        (lambda p: p * 2 - 1, to_pixels, "no room for fractions or for -1"),
        (lambda p: p / 127.5 - 0.9, to_pixels, "straight line"),
        (to_range, lambda x: (x + 1) * 127.5, "type uint8"),
        (to_range, lambda x: ((x + 1) * 127.5).clamp(0, 255).to(torch.uint8), "fraction is cut off"),
        (to_range, lambda x: ((x + 1) * 127.5).round().long().remainder(256).to(torch.uint8), "it runs over"),
        (to_range, lambda x: (x * 255).round().clamp(0, 255).to(torch.uint8), "half of the range"),
        (to_range, lambda x: to_pixels(x)[:, 0], "The shape should stay"),
        (to_range, lambda x: to_pixels(0.98 * x), "should be"),
        (to_range, stub, "not attempted"),
    ],
)
def test_a_wrong_scaling_is_told_its_mistake(there, back, hint):
    result = check_scaling(there, back)
    assert hint in str(result)
    assert result.status in (WRONG, NOT_ATTEMPTED)


def layers_of(
    channels,
    width,
    *,
    first_norm=False,
    norm=nn.BatchNorm2d,
    bend=lambda: nn.LeakyReLU(0.2),
    end=(),
    bias=False,
):
    def behind(count, wanted):
        return [norm(count)] if wanted else []

    layers, before = [], channels
    for number, count in enumerate((width, 2 * width, 4 * width)):
        layers += [nn.Conv2d(before, count, 4, 2, 1, bias=bias), *behind(count, number or first_norm), bend()]
        before = count
    return [*layers, nn.Conv2d(4 * width, 1, 4), *end]


def discriminator(channels, width, **options):
    return nn.Sequential(*layers_of(channels, width, **options), nn.Flatten(0))


def nested(channels, width):
    layers = layers_of(channels, width, bias=True)
    blocks = [nn.Sequential(*layers[:2]), nn.Sequential(*layers[2:5]), nn.Sequential(*layers[5:8])]
    return nn.Sequential(*blocks, layers[8], nn.Flatten(start_dim=0))


def with_linear_end(channels, width):
    return nn.Sequential(
        *layers_of(channels, width)[:-1], nn.Flatten(), nn.Linear(64 * width, 1), nn.Flatten(0)
    )


def with_one_bend_for_all(channels, width):
    bend = nn.LeakyReLU(0.2)
    return nn.Sequential(
        *(bend if isinstance(layer, nn.LeakyReLU) else layer for layer in discriminator(channels, width))
    )


@pytest.mark.parametrize("answer", [discriminator, nested, with_linear_end, with_one_bend_for_all])
def test_a_right_discriminator_is_accepted(answer):
    assert check_discriminator(answer).status == CORRECT


def pooled(channels, width):
    layers = layers_of(channels, width)
    layers[0] = nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(0))


def with_hidden_linear(channels, width):
    layers = layers_of(channels, width)[:-1]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * width, 9), nn.Linear(9, 1), nn.Flatten(0))


def changed(place, layer):
    def build(channels, width):
        layers = layers_of(channels, width)
        layers[place] = layer(channels, width)
        return nn.Sequential(*layers, nn.Flatten(0))

    return build


def norm_behind_bend(channels, width):
    layers = layers_of(channels, width)
    layers[3], layers[4] = layers[4], layers[3]
    return nn.Sequential(*layers, nn.Flatten(0))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (pooled, "There is a MaxPool2d"),
        (with_hidden_linear, "hidden and fully connected"),
        (norm_behind_bend, "stands behind the LeakyReLU"),
        (lambda c, w: discriminator(c, w, end=[nn.Sigmoid()]), "returns logits"),
        (lambda c, w: discriminator(c, w, bend=nn.ReLU), "There is a ReLU"),
        (lambda c, w: discriminator(c, w, bend=nn.LeakyReLU), "default is 0.01"),
        (lambda c, w: discriminator(c, w, bend=nn.Identity), "A LeakyReLU should follow"),
        (lambda c, w: discriminator(c, w, first_norm=True), "right behind the first convolution"),
        (lambda c, w: discriminator(c, w, norm=nn.Identity), "it follows number []"),
        (lambda c, w: discriminator(c, w, end=[nn.BatchNorm2d(1)]), "behind the last layer"),
        (lambda c, w: nn.Sequential(*layers_of(c, w)), "one logit each"),
        (lambda c, w: discriminator(3, w), "Use the argument `channels`"),
        (lambda c, w: discriminator(c, 8), "should have 6, 12 and 24 channels"),
        (changed(0, lambda c, w: nn.Conv2d(c, w, 3, 1, 1)), "should be 16, 8, 4"),
        (changed(0, lambda c, w: nn.Conv2d(c, w, 17)), "halve its maps by its stride"),
        (lambda c, w: discriminator(c, w, end=[nn.Hardsigmoid()]), "There is a Hardsigmoid"),
        (lambda c, w: nn.Sequential(nn.InstanceNorm2d(c), discriminator(c, w)), "There is a InstanceNorm2d"),
        (lambda c, w: discriminator(c, w, end=[nn.Dropout()]), "not in the guidelines"),
        (changed(0, lambda c, w: nn.Conv2d(c, w, 4, 4)), "does not run on 5 images"),
        (lambda c, w: layers_of(c, w), "An nn.Sequential is expected"),
    ],
)
def test_a_wrong_discriminator_is_told_its_mistake(answer, hint):
    result = check_discriminator(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_check_of_the_architecture_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    check_discriminator(discriminator)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_right_diagnosis_is_accepted():
    assert check_diagnosis(dict(CAUSES)).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ({**CAUSES, "A": CAUSES["D"]}, "says yes to everything"),
        ({**CAUSES, "B": CAUSES["A"]}, "never comes back"),
        ({**CAUSES, "C": CAUSES["D"]}, "before the first step"),
        ({**CAUSES, "D": CAUSES["B"]}, "neither runs away"),
        ({**CAUSES, "D": "fine"}, "is none of"),
        ({**CAUSES, "B": ...}, "Chart B has no diagnosis yet"),
        ({"A": CAUSES["A"]}, "One entry for each of the charts"),
        ("A", "A dictionary is expected"),
    ],
)
def test_a_wrong_diagnosis_is_told_its_mistake(answer, hint):
    result = check_diagnosis(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_untouched_stubs_are_not_attempted():
    assert check_scaling(stub, stub).status == NOT_ATTEMPTED
    assert check_discriminator(stub).status == NOT_ATTEMPTED
    assert check_diagnosis(dict.fromkeys(CAUSES, ...)).status == NOT_ATTEMPTED
