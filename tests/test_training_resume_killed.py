"""A run whose process is killed at any moment resumes and ends with the very weights of one never interrupted."""

import multiprocessing
import random
import time

from course_lib.training.checkpoint import load_weights
from course_lib.training.classifier import fit_classifier
from tests import resume_worker
from tests.helpers import assert_same_state, copy_of_state, small_model

KILLS = 3


def processes():
    """Return how to start processes; where it can be, torch is imported once for all of them."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.resume_worker"])
        return context
    return multiprocessing.get_context("spawn")


def test_killed_three_times_the_run_ends_with_the_same_weights(tmp_path):
    expected = small_model()
    begin = time.perf_counter()
    fit_classifier(
        expected, resume_worker.TRAIN, resume_worker.VALIDATION, resume_worker.CONFIG, progress=False
    )
    seconds_an_epoch = (time.perf_counter() - begin) / resume_worker.CONFIG.epochs
    context, moments = processes(), random.Random(0)

    def start():
        receive, send = context.Pipe(duplex=False)
        worker = context.Process(target=resume_worker.train, args=(tmp_path, send.send))
        worker.start()
        send.close()
        return worker, receive

    first_epochs = []
    for _ in range(KILLS):
        worker, receive = start()
        with receive:
            first_epochs.append(receive.recv())  # the first epoch that this process has finished
            time.sleep(moments.uniform(0, 2) * seconds_an_epoch)
            worker.kill()  # SIGKILL: nothing of the process runs any more
            worker.join()
        assert worker.exitcode != 0, "the process had ended before it was killed"
    assert first_epochs == sorted(set(first_epochs)), "a process went back behind an epoch that was saved"
    assert not (tmp_path / "weights").exists()

    worker, receive = start()
    with receive:
        worker.join(timeout=60)
    assert worker.exitcode == 0
    found = small_model(seed=1)
    load_weights(tmp_path / "weights", found)
    assert_same_state(copy_of_state(found), copy_of_state(expected))
