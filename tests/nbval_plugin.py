"""Settings for nbval that have no command-line option; loaded with `-p tests.nbval_plugin`."""

import os

# Seconds that an output may take to arrive after its cell has ended. nbval's own 5 were too few on a busy machine, and
# there is no option for them (its issue 231).
OUTPUT_TIMEOUT = 120


def pytest_configure(config):
    os.environ["TQDM_DISABLE"] = "1"  # kernels inherit it: progress bars are not part of the stored outputs


def pytest_collectstart(collector):
    """Leave stderr out of the comparison: warnings carry paths that differ from machine to machine.

    The guards see to it that no stderr is stored.
    """
    if hasattr(collector, "skip_compare"):  # nbval's IPyNbFile
        collector.skip_compare += ("stderr",)


def pytest_collection_modifyitems(items):
    """Wait longer for a late output: a busy machine is no failure."""
    for item in items:
        if hasattr(item, "output_timeout"):  # nbval's IPyNbCell
            item.output_timeout = OUTPUT_TIMEOUT
