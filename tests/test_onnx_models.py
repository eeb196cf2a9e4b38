#!/usr/bin/env python3
"""bench/onnx_models.py: every way to write a case computes what it must in ONNX Runtime, and nothing near it passes.

usage: test_onnx_models.py [DIRECTORY...]

A DIRECTORY may be where bench/beside_onnx.py made its environment; none is made here. Without ONNX Runtime the status
is 77: skipped.
"""
import importlib.util
import pathlib
import sys
import unittest

BENCH = pathlib.Path(__file__).resolve().parent.parent / "bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
import onnx_environment

if not all(importlib.util.find_spec(name) for name in ("numpy", "onnx", "onnxruntime")):
    places = [place for place in sys.argv[1:] if onnx_environment.is_complete(place)]
    if not places:
        print("there is no ONNX Runtime here; bench/run gets it")
        sys.exit(onnx_environment.SKIPPED)
    onnx_environment.enter(places[0])

import numpy
import onnx_models
import onnx_rivals

LRN = "local_response_normalization:infer"
CASES = {
    "l2_normalize:infer:5x33:dim=-1": ["LpNormalization", "ReduceL2, Div", "RMSNormalization"],
    "l2_normalize:infer:33x5:dim=0": ["LpNormalization", "ReduceL2, Div"],
    "l2_normalize:infer:2x7x3x5:dim=1": ["LpNormalization", "ReduceL2, Div"],
    "l2_normalize:infer:2x7x3x5:dim=-1": ["LpNormalization", "ReduceL2, Div", "RMSNormalization"],
    f"{LRN}:2x11x3x5:axis=1:depth_radius=2:beta=0.75": ["LRN"],
    f"{LRN}:2x11x3x5:axis=1:depth_radius=5:beta=0.6": ["LRN"],
    f"{LRN}:2x3x5x11:depth_radius=2:beta=0.5": ["Transpose, LRN, Transpose"],
    "batch_normalization:infer:4x7x3x5:axis=1": ["BatchNormalization"],
    "batch_normalization:train:4x7x3x5:axis=1": ["BatchNormalization"],
    "batch_normalization:infer:4x3x5x7": ["BatchNormalization"],
    "batch_normalization:train:4x3x5x7": ["BatchNormalization"],
    "batch_normalization:infer:16x9": ["BatchNormalization"],
    "batch_normalization:train:16x9": ["BatchNormalization"],
}
LACKING = ["l2_normalize:backward:5x33:dim=-1", f"{LRN}:11x3x5:axis=0", f"{LRN}:2x11x3x5:axis=1:window_before=1",
           "batch_normalization:backward:4x7x3x5:axis=1", "batch_normalization:infer:4x7x3x5:axis=2",
           "batch_normalization:statistics:16x9"]
# What a case must not be taken for.
NEAR = [(f"{LRN}:2x11x3x5:axis=1:depth_radius=2", f"{LRN}:2x11x3x5:axis=1:depth_radius=3"),
        (f"{LRN}:2x11x3x5:axis=1:depth_radius=2", f"{LRN}:2x11x3x5:axis=1:depth_radius=2:alpha=2e-5"),
        (f"{LRN}:2x11x3x5:axis=1:beta=0.75", f"{LRN}:2x11x3x5:axis=1:beta=0.6"),
        ("l2_normalize:infer:8x8:dim=0", "l2_normalize:infer:8x8:dim=1"),
        ("batch_normalization:infer:8x8:axis=1", "batch_normalization:train:8x8:axis=1"),
        ("batch_normalization:train:8x8:axis=1", "batch_normalization:train:8x8:axis=1:epsilon=0.01")]


def inputs_of(case):
    random = numpy.random.default_rng(1)
    x = onnx_rivals.aligned(case.dims)
    x[...] = random.standard_normal(case.dims, "float32")
    return x, onnx_models.parameters_of(case, random)


class Models(unittest.TestCase):
    def test_every_way_agrees_with_the_reference(self):
        for text, names in CASES.items():
            case = onnx_models.Case(text)
            x, parameters = inputs_of(case)
            ways = onnx_models.ways_of(case, parameters)
            self.assertEqual([way.name for way in ways], names, text)
            expected = onnx_models.reference(case, x, parameters)
            for way in ways:
                with self.subTest(case=text, way=way.name):
                    runner = onnx_rivals.Runner(way, 2, x)
                    self.assertLess(onnx_rivals.compare(runner, way, case, expected), 1e-5)

    def test_what_is_near_differs(self):
        for text, other in NEAR:
            case, near = onnx_models.Case(text), onnx_models.Case(other)
            inputs = inputs_of(case)
            allowed, floor = onnx_models.tolerance(case)
            values = [onnx_models.reference(which, *inputs) for which in (case, near)]
            self.assertGreater(onnx_models.difference(*values, floor), allowed, f"{text} and {other}")

    def test_wrong_results_end_the_measurement(self):
        case = onnx_models.Case("l2_normalize:infer:5x33:dim=-1")
        x, parameters = inputs_of(case)
        way = onnx_models.ways_of(case, parameters)[0]
        expected = onnx_models.reference(case, x, parameters)
        for wrong in 1.01, numpy.nan:
            expected[0, 0] *= wrong
            with self.assertRaises(SystemExit) as ending:
                onnx_rivals.compare(onnx_rivals.Runner(way, 1, x), way, case, expected)
            self.assertIn("LpNormalization differ by", str(ending.exception))

    def test_what_onnx_lacks(self):
        self.assertEqual([text for text in LACKING if onnx_models.has(onnx_models.Case(text))], [])

    def test_runs_are_counted(self):
        runner = onnx_rivals.Runner(onnx_models.nothing(), 1, onnx_rivals.aligned((1,)))
        self.assertEqual(len(runner.times(7, 60)), 7)
        self.assertEqual(len(runner.times(7, 0)), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
