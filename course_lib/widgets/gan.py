"""The GAN lab: train a GAN on points in the plane, as an animation or update by update, and turn every knob."""

from collections.abc import Callable
from dataclasses import replace
from html import escape

import ipywidgets as widgets
import torch

from course_lib.errors import TrainingError
from course_lib.losses import LOSSES
from course_lib.training.gan_configuration import PENALTIES, GANConfig
from course_lib.widgets.gan_lab_controls import (
    COUNTS,
    RATES,
    STEPS,
    WEIGHTS,
    menu,
    number_menu,
    text,
    wide,
)
from course_lib.widgets.gan_lab_data import LAB_DATA, parse_mixture
from course_lib.widgets.gan_lab_picture import draw_lab, view_of
from course_lib.widgets.gan_lab_run import LabRun, Models, one_thread, point_models
from course_lib.widgets.gan_lab_sheet import lab_png

OWN_MIXTURE = "own mixture"
INTERVAL = 40  # milliseconds from one picture to the next, if it is ready by then
FRAME_SECONDS = 0.03  # after which no further training step begins before a picture
HINT = "D: discriminator, G: generator. Data, loss and seed begin a new run; all else counts from the next update."
PROBABILISTIC = ("saturating", "non-saturating")  # losses for which σ(logit) is meant to be a probability


def gan_lab(
    data: str = "ring",
    loss: str = "non-saturating",
    penalty: str = "none",
    penalty_weight: float = 0.3,
    discriminator_learning_rate: float = 5e-3,
    generator_learning_rate: float = 5e-3,
    discriminator_steps: int = 1,
    generator_steps: int = 1,
    steps_per_picture: int = 5,
    seed: int = 7,
    make_models: Callable[[torch.Generator], Models] = point_models,
) -> "GANLab":
    """Return the GAN lab with its controls set to these values.

    Args:
        data: "ring", "grid", "line", "two moons" or "own mixture".
        loss: a name in `course_lib.losses.LOSSES`.
        penalty: "none", "r1" or "wgan-gp".
        penalty_weight: the γ of R1 or the λ of WGAN-GP.
        discriminator_learning_rate, generator_learning_rate: of Adam, with betas (0.5, 0.99).
        discriminator_steps, generator_steps: updates of each side in a step, 1 to 10.
        steps_per_picture: steps between two pictures while it plays; fewer if they take too long.
        seed: draws weights, samples and latents; 0 to 9999.
        make_models: CPU generator → generator, with a `latent_dim` of at least 2, and discriminator of points.

    Raises:
        ValueError: there is no such data, loss or penalty, or a number is out of range.
    """
    if data not in (*LAB_DATA, OWN_MIXTURE):
        raise ValueError(
            f"there are no data called {data!r}; there are {', '.join([*LAB_DATA, OWN_MIXTURE])}"
        )
    config = GANConfig(
        loss=loss, penalty=penalty, penalty_weight=penalty_weight, betas=(0.5, 0.99), seed=seed,
        discriminator_learning_rate=discriminator_learning_rate, generator_learning_rate=generator_learning_rate,
        discriminator_steps=discriminator_steps, generator_steps=generator_steps,
    )  # fmt: skip
    return GANLab(config, data, steps_per_picture, make_models)


class GANLab(widgets.VBox):
    """Controls around one `LabRun`; `gan_lab` says what the settings mean.

    Data, loss and seed begin a new run; all other controls take effect at the next update. What cannot be is
    explained in `message` and never raised: while there is a `problem`, nothing is trained.
    """

    def __init__(self, config: GANConfig, data: str, steps_per_picture: int, make_models: Callable):
        self._start, self._make_models = config, make_models
        self.data = menu([*LAB_DATA, OWN_MIXTURE], data, "data")
        self.loss = menu(LOSSES, config.loss, "loss")
        self.penalty = menu(PENALTIES, config.penalty, "penalty")
        self.penalty_weight = number_menu(WEIGHTS, config.penalty_weight, "its weight")
        self.discriminator_rate = number_menu(RATES, config.discriminator_learning_rate, "rate of D")
        self.generator_rate = number_menu(RATES, config.generator_learning_rate, "rate of G")
        self.discriminator_steps = number_menu(COUNTS, config.discriminator_steps, "updates of D")
        self.generator_steps = number_menu(COUNTS, config.generator_steps, "updates of G")
        self.centres = text("-1 -0.6; 1 -0.6; 0 1", "centres", "400px")
        self.std, self.weights = text("0.1", "std"), text("1 1 2", "weights")
        self.own_mixture = widgets.HBox([self.centres, self.std, self.weights])
        self.play = widgets.Play(value=0, min=0, max=10**6, interval=INTERVAL, show_repeat=False)
        self.discriminator_button = widgets.Button(description="one update of D")
        self.generator_button = widgets.Button(description="one update of G")
        self.restart_button = widgets.Button(description="restart", icon="refresh", layout=wide("100px"))
        self.steps = number_menu(STEPS, steps_per_picture, "draw every", "step")
        self.seed = widgets.BoundedIntText(config.seed, 0, 9999, description="seed", layout=wide("160px"))
        self.surface = widgets.ToggleButtons(
            options=["probability", "logit"], style={"button_width": "100px"}
        )
        self.message = widgets.HTML()
        self.picture = widgets.Image(
            format="png", layout=widgets.Layout(max_width="100%", align_self="flex-start")
        )
        rows = [
            [self.data, self.loss, self.penalty, self.penalty_weight],
            [self.discriminator_rate, self.generator_rate, self.discriminator_steps, self.generator_steps],
            [self.steps, self.seed, self.surface],
            [self.play, self.discriminator_button, self.generator_button, self.restart_button],
        ]
        wrapping = widgets.Layout(flex_flow="row wrap", align_items="center")
        boxes = [widgets.HBox(row, layout=wrapping) for row in rows]
        boxes.insert(1, self.own_mixture)
        super().__init__([*boxes, self.message, self.picture])
        self._show_probability_where_it_is_one()
        self._listen()
        self.restart()

    def _listen(self) -> None:
        for control in (self.data, self.loss, self.seed, self.centres, self.std, self.weights):
            control.observe(self.restart, names="value")
        for control in (
            self.penalty, self.penalty_weight, self.discriminator_rate, self.generator_rate,
            self.discriminator_steps, self.generator_steps,
        ):  # fmt: skip
            control.observe(self.configure, names="value")
        self.surface.observe(self.draw, names="value")
        self.play.observe(self.show_next, names="value")
        self.discriminator_button.on_click(self.update_discriminator)
        self.generator_button.on_click(self.update_generator)
        self.restart_button.on_click(self.restart)
        self.loss.observe(self._show_probability_where_it_is_one, names="value")

    @property
    def config(self) -> GANConfig:
        """The settings that the controls show."""
        return replace(
            self._start,
            loss=self.loss.value,
            penalty=self.penalty.value,
            penalty_weight=self.penalty_weight.value,
            discriminator_learning_rate=self.discriminator_rate.value,
            generator_learning_rate=self.generator_rate.value,
            discriminator_steps=self.discriminator_steps.value,
            generator_steps=self.generator_steps.value,
            seed=self.seed.value,
        )

    def restart(self, change=None) -> None:
        """Begin a new run with the present settings, or explain why there can be none."""
        self.own_mixture.layout.display = "flex" if self.data.value == OWN_MIXTURE else "none"
        try:
            data = self._chosen_data()
        except ValueError as error:
            self._stop(f"This mixture is not possible. {error}")
            return
        self.run, self.view = LabRun(data, self.config, self._make_models), view_of(data)
        self.problem = ""
        self.configure()

    def _chosen_data(self):
        if self.data.value == OWN_MIXTURE:
            return parse_mixture(self.centres.value, self.std.value, self.weights.value)
        return LAB_DATA[self.data.value]()

    def configure(self, change=None) -> None:
        """Go on with the present settings from the next update on."""
        self.penalty_weight.disabled = self.penalty.value == "none"
        self.run.configure(self.config)
        self.draw()

    def show_next(self, change=None) -> None:
        """Train for a moment and draw: one picture of the animation."""
        if self.play.value > self.play.min:  # its stop button goes back to the beginning, which is no step
            self._attempt(lambda: self.run.train(self.steps.value, FRAME_SECONDS))

    def update_discriminator(self, button=None) -> None:
        """Update the discriminator once and draw."""
        self._attempt(self.run.update_discriminator)

    def update_generator(self, button=None) -> None:
        """Update the generator once and draw."""
        self._attempt(self.run.update_generator)

    def draw(self, change=None) -> None:
        """Draw the present state, unless there is a problem: then the last picture stays, with a message."""
        if not self.problem:
            probability = self.surface.value == "probability"
            with one_thread():
                self.picture.value = lab_png(draw_lab(self.run, self.view, probability))
        self.message.value = f'<div style="line-height:1.5; min-height:1.5em">{self.problem or HINT}</div>'

    def _attempt(self, training: Callable[[], object]) -> None:
        if self.problem:
            self._stop_playing()
            return
        try:
            with one_thread():
                training()
                self.run.record_score()
        except TrainingError as error:
            self._stop(
                f"Training stopped after {self.run.updates:,} updates: {error}. Press restart. Lower rates, another "
                "loss or a penalty may keep the numbers in bounds."
            )
            return
        self.draw()

    def _stop(self, problem: str) -> None:
        self.problem = f"<b>{escape(problem)}</b>"
        self._stop_playing()
        self.draw()

    def _stop_playing(self) -> None:
        name = "playing" if self.play.has_trait("playing") else "_playing"  # its name before ipywidgets 8
        setattr(self.play, name, False)

    def _show_probability_where_it_is_one(self, change=None) -> None:
        self.surface.value = "probability" if self.loss.value in PROBABILISTIC else "logit"
