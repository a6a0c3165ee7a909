"""What `make checkpoints` writes is what the notebooks read."""

import pytest
import torch
from torchmetrics.functional.classification import multiclass_f1_score

from course_lib.models.classifiers import initialise
from course_lib.models.features import FeatureNet
from course_lib.models.residual import SmallResNet
from course_lib.training.bundled import bundled_path, load_bundled
from course_lib.training.evaluation import predict_logits
from tests.helpers import assert_same_state, seeded
from tools import train_features
from tools.train_checkpoints import CONFIG, TRAINERS, main, scores, write_bundle

CLASSES = [f"class {number}" for number in range(10)]


@pytest.fixture
def images_and_labels():
    return torch.randint(0, 256, (40, 1, 28, 28), generator=seeded(0), dtype=torch.uint8), torch.arange(
        40
    ) % 10


def test_weights_and_card_come_back_as_they_were_written(tmp_path, monkeypatch, images_and_labels, capsys):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    model = initialise(SmallResNet(), seeded(1)).to(memory_format=torch.channels_last)
    found = scores(model, *images_and_labels)
    write_bundle(model, found, found, CLASSES)
    loaded = SmallResNet()
    card = load_bundled("fashion_cnn", loaded)
    assert_same_state(loaded.state_dict(), model.state_dict())
    assert card["test_accuracy"] == found["accuracy"]
    assert card["test_f1"] == found["f1"]
    assert card["classes"] == CLASSES
    assert card["config"]["epochs"] == CONFIG.epochs
    assert tuple(card["mean"]) == CONFIG.mean
    write_bundle(model, found, found, CLASSES)
    assert "equal to the bit" in capsys.readouterr().out
    assert bundled_path("fashion_cnn").parent.parent == tmp_path


def test_f1_in_the_card_is_that_of_torchmetrics(images_and_labels):
    images, labels = images_and_labels
    model = initialise(SmallResNet(), seeded(2))
    logits = predict_logits(model, images, mean=CONFIG.mean, std=CONFIG.std)
    expected = multiclass_f1_score(logits, labels, 10, average="none")
    torch.testing.assert_close(torch.tensor(scores(model, images, labels)["f1"]), expected, rtol=0, atol=1e-4)


def test_the_feature_net_comes_back_with_its_card(tmp_path, monkeypatch, images_and_labels, capsys):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    net = initialise(FeatureNet(), seeded(1)).eval()
    train_features.write_bundle(net, images_and_labels, images_and_labels)
    loaded = FeatureNet()
    card = load_bundled("fashion_features", loaded)
    assert_same_state(loaded.state_dict(), net.state_dict())
    images, labels = images_and_labels
    with torch.no_grad():
        right = loaded.logits(images / 127.5 - 1).argmax(dim=1) == labels
    assert card["test_accuracy"] == card["validation_accuracy"] == round(right.float().mean().item(), 4)
    assert card["config"]["label_smoothing"] == 0
    with torch.no_grad():
        net.classify.bias += 1
    train_features.write_bundle(net, images_and_labels, images_and_labels)
    assert "not those that were there" in capsys.readouterr().out


def test_the_trainers_are_called_by_name_and_all_by_default(monkeypatch):
    called = []
    for name in TRAINERS:
        monkeypatch.setitem(TRAINERS, name, lambda name=name: called.append(name))
    main(["fashion_features"])
    main([])
    assert called == ["fashion_features", *TRAINERS]


def test_an_unknown_name_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["fashion_cnm"])
    assert "no such weights: fashion_cnm" in capsys.readouterr().err
