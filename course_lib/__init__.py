"""What the notebooks of the course import.

Importing `course_lib` itself loads nothing; import the module you need:

    from course_lib import runtime
    from course_lib.datasets.images import load_fashion_mnist
"""

import os

__version__ = "0.1.0"

# torch's threads wait for each other many times in a training step. By default a waiting thread spins, which
# is fine on an idle machine; with a second busy program on two cores a step was seen to take eight times as long.
# The OpenMP library reads this when torch is first imported, so import course_lib before torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
