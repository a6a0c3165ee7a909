"""The convolution explorer: a kernel moved over a small picture, with the sum written out."""

from collections.abc import Mapping
from html import escape

import ipywidgets as widgets
from torch import Tensor

from course_lib.widgets.convolution_step import ConvolutionStep, as_png, parse_kernel

OWN_KERNEL = "my own"
KERNELS = {
    "vertical edge": "-1 0 1; -1 0 1; -1 0 1",
    "horizontal edge": "-1 -1 -1; 0 0 0; 1 1 1",
    "Sobel": "-1 0 1; -2 0 2; -1 0 1",
    "blur": "1/9 1/9 1/9; 1/9 1/9 1/9; 1/9 1/9 1/9",
    "sharpen": "0 -1 0; -1 5 -1; 0 -1 0",
    "copy": "0 0 0; 0 1 0; 0 0 0",
    "2 × 2 of ones": "1 1; 1 1",
}
LARGEST_PATCH = 9
REMEDY = "Try more padding, less dilation, a smaller kernel or a larger patch."
TRANSPOSED_REMEDY = "Try less padding or a larger kernel."


class ConvolutionExplorer(widgets.VBox):
    """Menus and sliders for one convolution; each change calls `update`, which draws everything anew.

    Settings that cannot be are explained in `message` and never raised.

    Args:
        patches: small pictures by name, each of shape (height, width) with at most 9 × 9 numbers.

    Raises:
        ValueError: there is no patch, or one is no matrix or too large.
    """

    def __init__(self, patches: Mapping[str, Tensor]):
        _check_patches(patches)
        self.patches = dict(patches)
        narrow, wide = widgets.Layout(width="270px"), widgets.Layout(width="560px")
        self.patch = widgets.Dropdown(options=list(self.patches), description="patch", layout=narrow)
        self.kernel_menu = widgets.Dropdown(
            options=[*KERNELS, OWN_KERNEL], description="kernel", layout=narrow
        )
        self.kernel_text = widgets.Text(
            value=KERNELS["vertical edge"], description="weights", continuous_update=False, layout=wide
        )
        self.stride = widgets.IntSlider(1, 1, 3, description="stride", layout=narrow)
        self.padding = widgets.IntSlider(0, 0, 3, description="padding", layout=narrow)
        self.dilation = widgets.IntSlider(1, 1, 3, description="dilation", layout=narrow)
        self.direction = widgets.ToggleButtons(options=[("forward", False), ("transposed", True)])
        self.position = widgets.IntSlider(0, 0, 0, description="place", readout=False, layout=wide)
        self.message = widgets.HTML()
        self.picture = widgets.Image(
            format="png", layout=widgets.Layout(max_width="100%", align_self="flex-start")
        )
        super().__init__(
            [
                widgets.HBox([self.patch, self.kernel_menu, self.direction]),
                self.kernel_text,
                widgets.HBox([self.stride, self.padding, self.dilation]),
                self.position,
                self.message,
                self.picture,
            ],
            layout=widgets.Layout(align_items="flex-start"),  # or else the picture is stretched
        )
        self._busy = False  # true while `update` itself moves a control
        for control in (self.patch, self.stride, self.padding, self.dilation, self.direction, self.position):
            control.observe(self.update, names="value")
        self.kernel_menu.observe(self.choose_kernel, names="value")
        self.kernel_text.observe(self.edit_kernel, names="value")
        self.update()

    def choose_kernel(self, change=None) -> None:
        """Write the weights of the kernel that the menu names."""
        if self.kernel_menu.value != OWN_KERNEL:
            self.kernel_text.value = KERNELS[self.kernel_menu.value]  # which calls edit_kernel

    def edit_kernel(self, change=None) -> None:
        """Let the menu say whose weights these are, and draw."""
        names = [name for name, text in KERNELS.items() if text == self.kernel_text.value]
        self.kernel_menu.value = names[0] if names else OWN_KERNEL
        self.update()

    def update(self, change=None) -> None:
        """Draw the present settings, or explain why they cannot be."""
        if self._busy:
            return
        self._busy = True
        try:
            self.message.value, self.picture.value = self._message_and_picture()
        finally:
            self._busy = False

    def _message_and_picture(self) -> tuple[str, bytes]:
        patch = self.patches[self.patch.value]
        settings = (self.stride.value, self.padding.value, self.dilation.value, self.direction.value)
        try:
            step = ConvolutionStep(patch, parse_kernel(self.kernel_text.value), *settings)
        except ValueError as error:
            self.position.disabled = True
            return _explanation(str(error)), as_png(ConvolutionStep(patch, None, *settings).draw(None))
        try:
            height, width = step.output_size
        except ValueError as error:
            self.position.disabled = True
            remedy = TRANSPOSED_REMEDY if step.transposed else REMEDY
            return _explanation(f"{error}. {remedy}"), as_png(step.draw(None))
        self.position.disabled = False
        self.position.max = height * width - 1  # moves the place, if it is behind the end
        place = divmod(self.position.value, width)
        words = [escape(line) for line in (step.sum_in_words(place), step.size_in_words())]
        return _two_lines("<br>".join(words)), as_png(step.draw(place))


def _explanation(text: str) -> str:
    return _two_lines(f"<b>Not possible.</b> {escape(text)}")


def _two_lines(html: str) -> str:
    return f'<div style="line-height:1.5; min-height:3em">{html}</div>'  # so that the picture below stays in its place


def _check_patches(patches: Mapping[str, Tensor]) -> None:
    if not patches:
        raise ValueError("the explorer needs at least one patch")
    for name, patch in patches.items():
        if patch.ndim != 2 or patch.numel() == 0 or max(patch.shape) > LARGEST_PATCH:
            raise ValueError(
                f"patch {name!r} must be a matrix of at most {LARGEST_PATCH} × {LARGEST_PATCH} numbers, "
                f"got shape {tuple(patch.shape)}"
            )
