"""What the notebooks of the course import.

Importing `course_lib` itself loads nothing; import the module you need:

    from course_lib import runtime
    from course_lib.datasets.images import load_fashion_mnist
"""

import os

__version__ = "0.1.0"

# torch's threads wait for each other many times in a training step. By default a waiting thread keeps its core busy
# for a while, which is fine on an idle machine; with other busy programs on two cores a step was seen to take 2 to 8
# times as long. After this many turns it sleeps instead, which cost nothing measurable on an idle machine. The OpenMP
# library of torch on Linux reads this when torch is first imported, so import course_lib before torch.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
