"""Settings for nbval that have no command-line option; loaded with `-p tests.nbval_plugin`."""

import os


def pytest_configure(config):
    os.environ["TQDM_DISABLE"] = "1"  # kernels inherit it: progress bars are not part of the stored outputs


def pytest_collectstart(collector):
    """Leave stderr out of the comparison: warnings carry paths that differ from machine to machine.

    The guards see to it that no stderr is stored.
    """
    if hasattr(collector, "skip_compare"):  # nbval's IPyNbFile
        collector.skip_compare += ("stderr",)
