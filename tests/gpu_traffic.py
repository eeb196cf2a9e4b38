#!/usr/bin/env python3
"""Counts the bytes that the gpu schedule's kernels load and store, and compares them with the least possible.

usage: gpu_traffic.py PROGRAM [--only TEXT] [--full] [--jobs N]

PROGRAM is gpu_traffic. Each case is executed once under oclgrind, which interprets kernels: it counts
loads and stores of global memory, and reports data races, uninitialized values, accesses beyond a buffer and
wrong calls. Each shape is executed in one mode, and each mode and each attribute in some shape; with --full, or where
CLNORM_TEST_FULL is set, all cases are. A case fails if
  loads are more than 1.05 of the least, to which the passes that its row allows are added;
  stores are;
  oclgrind reports anything, or results are wrong.
What all items of a work-group load from one address counts once an item. Prints a table and the failures;
the status is their number, 70 at most, or 77, which means skipped, where oclgrind is missing.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ALLOWED = 1.05
PARTS = 0.01  # of what is summed
MOST_SECONDS = 900
MOST_STATUS = 70
SKIPPED = 77

# Why without optimization, and what --uninitialized cannot bear: see test_oclgrind.sh. One thread, since there
# are as many processes as cores.
OCLGRIND = ["oclgrind", "--build-options", "-cl-opt-disable", "--num-threads", "1", "--max-errors", "20",
            "--inst-counts", "--data-races", "--uninitialized", "--check-api"]

# How often x and dy may be loaded and results stored, whether sums of parts may go through memory, and why.
Passes = collections.namedtuple("Passes", "loads stores parts why")
MAP = Passes(1, 1, False, "nothing is summed")
HELD = Passes(1, 1, False, "a group fits on chip")
SUMS = Passes(1, 1, True, "long groups: sums in parts")
TWICE = Passes(2, 1, True, "long groups: sums in parts, then results from the same tensors")
WINDOW = Passes(1, 1, False, "a window fits in registers, or in local memory with those beside it")

Case = collections.namedtuple("Case", "text passes")

LRN = "local_response_normalization"

# The last ones are those that pairs() takes for most shapes: with one tensor oclgrind needs a third of the time.
KNOWN, SUMMED, BOTH = ["infer", "apply"], ["statistics"], ["backward_infer", "backward", "train"]


def batch_cases():
    fitting = {
        "2x3x13x13:axis=1": KNOWN + SUMMED + BOTH,  # planes whose size nothing divides
        "3x61x3x3:axis=1": ["infer"] + BOTH,        # short runs
        "2x61x8x4:axis=1": ["infer", "train"],      # short runs of whole vectors
        "1x2x64x64:axis=1": SUMMED + BOTH,          # 4096 values
        "2x7x9x61": KNOWN + SUMMED + BOTH,          # 126 rows; no two channels are a vector
        "2x8x8x64": ["infer"] + BOTH,               # 128 rows of whole vectors
        "9x6x38": ["apply", "backward", "train"],   # two channels are a vector
        "3x251": ["infer"] + BOTH,                  # few rows
    }
    for shape, modes in fitting.items():
        for mode in modes:
            yield Case(f"batch_normalization:{mode}:{shape}", MAP if mode in KNOWN else HELD)
    for shape in ["1x1x129x131:axis=1", "3001x6"]:
        for mode in SUMMED + BOTH:
            yield Case(f"batch_normalization:{mode}:{shape}", SUMS if mode in SUMMED else TWICE)
    adds = "accumulate_dx=true:accumulate_dgamma=true"
    for shape in ["2x3x13x13:axis=1", "2x7x9x61"]:
        yield Case(f"batch_normalization:backward:{shape}:{adds}", HELD)


def window_cases():
    for mode in ["backward", "infer"]:
        for radius in [2, 5]:
            for shape in ["1x61x7x5:axis=1", "2x16x8x8:axis=1", "3x13x61", "5x9x64"]:
                yield Case(f"{LRN}:{mode}:{shape}:depth_radius={radius}", WINDOW)
    for shape in ["2x16x8x8:axis=1", "3x13x61"]:
        yield Case(f"{LRN}:backward:{shape}:depth_radius=2:accumulate_dx=true", WINDOW)
    # An item has 16 channels of four pixels, or 32 of two and their dy. At each of 3 cuts, or at one, x is read
    # as far as windows reach on both sides; in gradients dy is, and x twice as far.
    for radius in [2, 5]:
        shape = f"1x64x6x6:axis=1:depth_radius={radius}"
        yield Case(f"{LRN}:infer:{shape}",
                   Passes(1 + 3 * 2 * radius / 64, 1, False, "few pixels: their channels in four pieces"))
        yield Case(f"{LRN}:backward:{shape}",
                   Passes(1 + (2 + 4) * radius / 128, 1, False, "few pixels: their channels in two pieces"))
    # Every window is all of the 8 channels. The first kernel of two reads x and dy of an element, and x of its
    # window, and stores two values; the second one reads x, one of these, and the other of all the window.
    for shape in ["2x8x7x5:axis=1", "5x7x8"]:
        yield Case(f"{LRN}:infer:{shape}:depth_radius=20",
                   Passes(1 + 8, 1, False, "long windows: each value, and all of its window"))
        yield Case(f"{LRN}:backward:{shape}:depth_radius=20",
                   Passes((2 + 8 + 2 + 8) / 2, 3, False, "long windows: two kernels, each as above"))


def length_cases():
    fitting = ["9x1021:dim=-1", "2x4096:dim=-1", "301x3:dim=-1", "31x61:dim=-1", "40x32:dim=-1",
               "128x61:dim=0", "2x64x36:dim=1", "3x61x13:dim=1"]
    for mode in ["backward", "infer"]:
        for shape in fitting:
            yield Case(f"l2_normalize:{mode}:{shape}", HELD)
        for shape in ["1x17011:dim=-1", "3001x6:dim=0"]:
            yield Case(f"l2_normalize:{mode}:{shape}", TWICE)
    for shape in ["31x61:dim=-1", "128x61:dim=0"]:
        yield Case(f"l2_normalize:backward:{shape}:accumulate_dx=true", HELD)


CASES = [*batch_cases(), *window_cases(), *length_cases()]


def pairs(cases):
    """From the last on, which have most to move: those whose shape is new, or mode, attribute or what may be moved."""
    seen = set()
    for case in reversed(cases):
        operation, mode, shape, *attributes = case.text.split(":")
        new = {(operation, shape), (operation, mode), case.passes.why} - seen
        new |= {(operation, word) for word in attributes if not re.match("axis|dim", word)} - seen
        seen |= new
        if new:
            yield case


class Failure(Exception):
    """The program, or what it printed, is not as expected."""


# ---- What oclgrind counted ----

COUNT = re.compile(r" *(\d+) - (load|store) (\w+) \((\d+) bytes\)")
CALL = re.compile(r" *(\d+) - call (\S+)\(\)")
VECTOR = re.compile(r"_Z\d+v(load|store)(\d+)(?:Dv\d+_f)?[jm]PU3AS[12]K?f")
REACHES_MEMORY = re.compile(r"_Z.*U3AS[12]|llvm\.mem.*\.p1i8")  # p2i8: a program's own constants


def moved_by_call(name):
    """Functions of OpenCL C have no count of bytes: "load" or "store", and how many."""
    vector = VECTOR.fullmatch(name)
    if vector:
        return vector[1], int(vector[2]) * 4
    if REACHES_MEMORY.match(name) and not re.match(r"_Z\d+prefetch", name):
        raise Failure(f"nobody knows how many bytes {name} moves")
    return None, 0


def moved(lines):
    """Bytes loaded from and stored to global and constant memory."""
    total = {"load": 0, "store": 0}
    for line in lines:
        count, call = COUNT.fullmatch(line), CALL.fullmatch(line)
        if count and count[3] not in ("private", "local"):
            total[count[2]] += int(count[4])
        elif call:
            kind, each = moved_by_call(call[2])
            if kind:
                total[kind] += int(call[1]) * each
    return total["load"], total["store"]


# ---- Cases ----

Figures = collections.namedtuple("Figures", "variant least_loaded least_stored tensors loaded stored")


def figures_of(output):
    try:
        before, after = output.split("\nexecutes\n")
        counts = after.split("\nexecuted\n")[0].splitlines()
        printed = dict(re.findall(r"^(\w+) (\S+)$", before, re.MULTILINE))
        least = [int(printed[name]) for name in ("least_loaded", "least_stored", "tensors")]
        if not any("Instructions executed" in line for line in counts):
            raise Failure("oclgrind counted nothing")
        return Figures(printed["variant"], *least, *moved(counts))
    except (KeyError, ValueError) as error:
        raise Failure(f"cannot read what it printed: {error!r}\n{output[-2000:]}") from error


def allowed_of(case, figures):
    """Bytes that may be loaded and stored."""
    parts = PARTS * figures.tensors if case.passes.parts else 0
    loaded = figures.least_loaded + (case.passes.loads - 1) * figures.tensors
    stored = figures.least_stored * case.passes.stores
    return ALLOWED * loaded + parts, ALLOWED * stored + parts


def faults_of(case, figures):
    moves = zip(("loads", "stores"), (figures.loaded, figures.stored), allowed_of(case, figures))
    for what, count, allowed in moves:
        if count > allowed:
            yield f"{figures.variant} {what} {count} bytes, and {allowed:.0f} are allowed: {case.passes.why}"


def measure(program, case):
    """Figures, or None, and faults."""
    environment = {**os.environ, "CLNORM_CACHE_DIR": "off", "LC_ALL": "C"}
    figures, faults = None, []
    with tempfile.TemporaryDirectory() as place:
        log = pathlib.Path(place, "log")
        command = [*OCLGRIND, "--log", log, program, case.text]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment,
                                  timeout=MOST_SECONDS)
            if done.returncode != 0:
                raise Failure(f"status {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
            figures = figures_of(done.stdout)
            faults += faults_of(case, figures)
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            faults.append(str(failure))
        report = log.read_text(errors="replace") if log.exists() else ""
    if report.strip():
        faults.append(f"oclgrind reports:\n{report[:2000]}")
    return figures, faults


# ---- The table ----

def row(case, figures, faults):
    verdict = "" if not faults else " **fails**"
    if figures is None:
        return f"| {case.text} | | | | | | | |{verdict} |"
    f, (loaded, stored) = figures, allowed_of(case, figures)
    ratios = [count / least for moved_and_allowed, least in (
        ((f.loaded, loaded), f.least_loaded),
        ((f.stored, stored), f.least_stored),
        ((f.loaded + f.stored, loaded + stored), f.least_loaded + f.least_stored),
    ) for count in moved_and_allowed]
    numbers = "".join(f" {ratio:.3f} |" for ratio in ratios)
    return f"| {case.text} | {f.variant} |{numbers} {case.passes.why}{verdict} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gpu_traffic", help="the program that executes a case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases at once")
    parser.add_argument("--only", default="", help="cases whose text holds this")
    parser.add_argument("--full", action="store_true", default="CLNORM_TEST_FULL" in os.environ, help="all cases")
    given = parser.parse_args()
    if shutil.which("oclgrind") is None:
        print("oclgrind is not here")
        return SKIPPED
    cases = CASES if given.full or given.only else list(pairs(CASES))
    cases = [case for case in cases if given.only in case.text]
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        results = list(pool.map(lambda case: measure(given.gpu_traffic, case), cases))
    print("Bytes moved, in units of the least that have to be; beside each what is allowed.")
    print("| case | variant | loaded | | stored | | both | | why |")
    print("|---|---|--:|--:|--:|--:|--:|--:|---|")
    for case, (figures, faults) in zip(cases, results):
        print(row(case, figures, faults))
    for case, (_, faults) in zip(cases, results):
        for fault in faults:
            print(f"{case.text}: {fault}")
    failed = sum(bool(faults) for _, faults in results)
    print(f"{len(cases)} cases, {failed} failed")
    return min(failed, MOST_STATUS) if cases else 1


if __name__ == "__main__":
    sys.exit(main())
