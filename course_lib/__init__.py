"""What the notebooks of the course import.

Importing `course_lib` itself loads nothing; import the module you need:

    from course_lib import runtime
    from course_lib.datasets.images import load_fashion_mnist
"""

__version__ = "0.1.0"
