# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times two programs in turns inside one process."""

import statistics
import time

BLOCK_SECONDS = 0.05
WARM_UP = 3
WARM_UP_SECONDS = 0.5  # no further run after this: caches are warm


def settle():
    """Waits until no thread of this process spins any more.

    ONNX Runtime's threads look for work for a while after a run and would take a CPU from the other
    program; its own runs keep their spinning, which helps them."""
    quiet, before = 0, time.process_time()
    deadline = time.perf_counter() + 2
    while quiet < 2 and time.perf_counter() < deadline:
        time.sleep(0.005)
        now = time.process_time()
        quiet = quiet + 1 if now - before < 0.0005 else 0
        before = now


def warm_up(run):
    start = time.perf_counter()
    for _ in range(WARM_UP):
        run()
        if time.perf_counter() - start > WARM_UP_SECONDS:
            return


def time_block(run, count):
    """Milliseconds of one of `count` runs in a row, on average."""
    settle()
    warm_up(run)
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count * 1000


def runs_per_block(run):
    """So many that a block takes BLOCK_SECONDS or has three of them; of very long runs one."""
    warm_up(run)
    start = time.perf_counter()
    run()
    seconds = max(time.perf_counter() - start, 1e-6)
    return 1 if seconds > WARM_UP_SECONDS else max(3, int(BLOCK_SECONDS / seconds))


def alternate(ours, theirs, rounds):
    """A block of each in every round, in changing order: (our times, their times) in milliseconds."""
    ours_count, theirs_count = runs_per_block(ours), runs_per_block(theirs)
    our_times, their_times = [], []
    for index in range(rounds):
        steps = [
            (our_times, ours, ours_count),
            (their_times, theirs, theirs_count),
        ]
        for times, run, count in steps if index % 2 == 0 else reversed(steps):
            times.append(time_block(run, count))
    return our_times, their_times


def summarize(our_times, their_times):
    """Medians, and the ratio theirs / ours as the median of the rounds with its quartiles."""
    ratios = [theirs / ours for ours, theirs in zip(our_times, their_times)]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
    return {
        "halftone_ms": statistics.median(our_times),
        "onnxruntime_ms": statistics.median(their_times),
        "ratio": statistics.median(ratios),
        "ratio_quartiles": [quartiles[0], quartiles[2]],
        "rounds": len(ratios),
    }
