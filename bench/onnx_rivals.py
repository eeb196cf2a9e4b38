"""One case, by clnorm and by ONNX Runtime, in turn. Needs what onnx_environment.py installs."""
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

import onnx_models

WARM_UPS = 3          # as `clnorm bench` does
BLOCK_SECONDS = 1.0   # what a block may take, and as much for warming up
CHOICE_RUNS = 9       # of each way to write a case,
CHOICE_SECONDS = 0.3  # or as many as take this long
PAUSE_SECONDS = 0.1   # ONNX Runtime's threads spin before they sleep, 40 ms were seen, and would take clnorm's cores
ALIGNMENT = 4096


def fail(text):
    sys.exit(f"beside_onnx.py: {text}")


# ---- clnorm ----

def ask(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        fail(f"\"{' '.join(words)}\" failed")
    return done.stdout


def bench(clnorm, case):
    return json.loads(ask([clnorm, "bench", "--json", "--no-start", case.text]))


def computed_by_clnorm(clnorm, case, inputs):
    """y."""
    words = [clnorm, "run", case.op, "--mode", case.mode] + [f"--{name}={value}" for name, value in case.given.items()]
    with tempfile.TemporaryDirectory() as work:
        for name, values in inputs.items():
            path = os.path.join(work, name + ".npy")
            numpy.save(path, values)
            words += ["--in", f"{name}={path}"]
        path = os.path.join(work, "y.npy")
        ask(words + ["--out", f"y={path}"])
        return numpy.load(path)


# ---- ONNX Runtime ----

def aligned(dims):
    """An array that begins where a page does, mapped before anything is timed."""
    size = 4 * math.prod(dims)
    storage = numpy.empty(size + ALIGNMENT, "uint8")
    start = -storage.ctypes.data % ALIGNMENT
    values = storage[start:start + size].view("float32").reshape(dims)
    values[...] = 0
    return values


class Runner:
    """A way that is ready to be run. Input and outputs are bound to arrays here, so that nothing is copied."""

    def __init__(self, way, threads, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(way.model(), options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.arrays = {"x": x.reshape(way.dims), **{name: aligned(dims) for name, dims in way.outputs.items()}}
        self.values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in self.arrays.items()}
        for name, value in self.values.items():
            if value.data_ptr() != self.arrays[name].ctypes.data:
                fail("ONNX Runtime copies what is bound to it")
            bind = self.binding.bind_ortvalue_input if name == "x" else self.binding.bind_ortvalue_output
            bind(name, value)

    def run(self):
        """Microseconds."""
        start = time.perf_counter_ns()
        self.session.run_with_iobinding(self.binding)
        return (time.perf_counter_ns() - start) * 1e-3

    def times(self, runs, seconds):
        """Of so many runs, or of fewer, but at least one, where they take longer than `seconds`."""
        end = time.monotonic() + seconds
        times = [self.run()]
        while len(times) < runs and time.monotonic() < end:
            times.append(self.run())
        return times

    def block(self, runs):
        self.times(WARM_UPS, BLOCK_SECONDS)
        return self.times(runs, BLOCK_SECONDS)


def call_us(threads):
    """What a call takes from Python in which next to nothing is computed."""
    return statistics.median(Runner(onnx_models.nothing(), threads, aligned((1,))).block(1001))


# ---- Both ----

def compare(runner, way, case, expected):
    """The largest difference to what clnorm computed from the same values."""
    allowed, floor = onnx_models.tolerance(case)
    runner.run()
    difference = onnx_models.difference(expected, runner.arrays["y"].reshape(expected.shape), floor)
    if not difference <= allowed:
        fail(f"case \"{case.text}\": clnorm and ONNX Runtime's {way.name} differ by {difference}; {allowed} is allowed")
    return difference


def choose(clnorm, case, threads, x, parameters):
    """The fastest way and its runner, the largest difference of any, and what each took."""
    expected = computed_by_clnorm(clnorm, case, {"x": x, **parameters})
    best, least, largest, took = None, math.inf, 0, {}
    for way in onnx_models.ways_of(case, parameters):
        runner = Runner(way, threads, x)
        largest = max(largest, compare(runner, way, case, expected))
        us = statistics.median(runner.times(CHOICE_RUNS, CHOICE_SECONDS))
        took[way.name] = round(us, 3)
        if us < least:
            best, least = (way, runner), us
    return (*best, largest, took)


def measure(clnorm, case, rounds):
    """What one line of the output says."""
    first = bench(clnorm, case)  # compiles what is not in the cache
    threads = first["compute_units"]
    random = numpy.random.default_rng(1)
    x = aligned(case.dims)
    x[...] = random.standard_normal(case.dims, "float32")
    parameters = onnx_models.parameters_of(case, random)
    empty_call_us = call_us(threads)
    way, runner, difference, took = choose(clnorm, case, threads, x, parameters)
    ours, theirs = [], []
    for _ in range(rounds):
        time.sleep(PAUSE_SECONDS)
        ours.append(bench(clnorm, case))
        theirs.append(runner.block(ours[-1]["runs"]))
    clnorm_us = statistics.median(entry["median_us"] for entry in ours)
    onnx_us = statistics.median(map(statistics.median, theirs))
    entry = {
        "clnorm_us": clnorm_us, "onnx_us": onnx_us, "ratio": clnorm_us / onnx_us,
        "clnorm_min_us": min(entry["min_us"] for entry in ours), "onnx_min_us": min(map(min, theirs)),
        "share": statistics.median(entry["gbps"] / entry["limit_gbps"] for entry in ours),
        "empty_us": statistics.median(entry["empty_us"] for entry in ours), "call_us": empty_call_us,
        "difference": difference}
    return {"case": case.text, **{name: float(f"{value:.7g}") for name, value in entry.items()},
            "runs": sum(entry["runs"] for entry in ours), "onnx_runs": sum(map(len, theirs)), "threads": threads,
            "variant": ours[-1]["variant"], "implementation": way.name, "ways_us": took,
            "version": onnxruntime.__version__}
