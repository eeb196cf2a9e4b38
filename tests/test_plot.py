#!/usr/bin/env python3
"""bench/plot.py: which figures of several runs a case takes, the columns of its tables, and what gnuplot draws."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BENCH = pathlib.Path(__file__).resolve().parent.parent / "bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
import plot

BATCH = "batch_normalization:infer:1x64x56x56:axis=1"
GRADIENT = "batch_normalization:backward:1x64x56x56:axis=1"
RESPONSE = "local_response_normalization:infer:1x56x56x64:depth_radius=2:beta=0.75"
VECTORS = "l2_normalize:infer:512x4096:dim=-1"
ALONE = [{"case": case, "median_us": 200.0, "gbps": 5.0, "limit_gbps": 10.0}
         for case in (BATCH, GRADIENT, RESPONSE, VECTORS)]
ONEDNN = [{"case": BATCH, "clnorm_us": 100.0, "onednn_us": 400.0, "copy_us": 80.0},
          {"case": GRADIENT, "clnorm_us": 100.0, "onednn_us": 50.0, "copy_us": 25.0},
          {"geometric_mean": "channels-first", "ratio": 0.7071, "cases": 2}]
ONNX = [{"case": BATCH, "clnorm_us": 120.0, "onnx_us": 60.0, "share": 0.4},
        {"case": VECTORS, "clnorm_us": 90.0, "onnx_us": 300.0, "share": 0.6},
        {"geometric_mean": "other", "ratio": 0.3, "cases": 1}]


class Plot(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)

    def write(self, name, entries):
        path = pathlib.Path(self.work.name, name)
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
        return str(path)

    def rows(self, *runs):
        return plot.read([self.write(f"{number}.json", run) for number, run in enumerate(runs)])

    def tables(self, *runs):
        return {title: list(plot.table(chosen)) for title, chosen in plot.in_panels(self.rows(*runs))}

    def test_figures_of_one_case_are_those_of_one_run(self):
        row = self.rows(ALONE, ONEDNN)[BATCH]
        self.assertEqual((row["us"], row["share"]), (100.0, 0.8))
        self.assertEqual(row["peers"], {"oneDNN": {"us": 400.0, "share": 0.2, "ratio": 0.25}})
        row = self.rows(ALONE, ONNX)[VECTORS]
        self.assertEqual((row["us"], row["share"]), (90.0, 0.6))
        self.assertAlmostEqual(row["peers"]["ONNX Runtime"]["share"], 0.18)

    def test_second_peer_has_the_ratio_of_its_own_run(self):
        for runs in (ALONE, ONEDNN, ONNX), (ONNX, ONEDNN, ALONE):
            row = self.rows(*runs)[BATCH]
            self.assertEqual((row["us"], row["share"]), (100.0, 0.8))
            self.assertEqual(row["peers"]["ONNX Runtime"], {"us": 60.0, "share": 0.8, "ratio": 2.0})

    def test_table_has_a_column_for_each_peer_with_a_value(self):
        tables = self.tables(ALONE, ONEDNN, ONNX)
        self.assertEqual(tables["channels first"], [
            "| case | clnorm µs | share of the copy limit | oneDNN µs | ratio | ONNX Runtime µs | ratio |",
            "|---|--:|--:|--:|--:|--:|--:|",
            "| BN infer 1x64x56x56 | 100 | 0.80 | 400 | 0.25 | 60 | 2.00 |",
            "| BN backward 1x64x56x56 | 100 | 0.25 | 50 | 2.00 |  |  |"])
        self.assertEqual(tables["channels last"], [
            "| case | clnorm µs | share of the copy limit |", "|---|--:|--:|",
            "| LRN 1x56x56x64 r2 b0.75 | 200 | 0.50 |"])
        self.assertEqual(tables["matrices, and L2"][2:], ["| L2 512x4096 dim=-1 | 90 | 0.60 | 300 | 0.30 |"])

    def test_without_peers(self):
        self.assertEqual([lines[0] for lines in self.tables(ALONE).values()],
                         ["| case | clnorm µs | share of the copy limit |"] * 3)

    def test_gnuplot_draws_panels_without_a_peer(self):
        if not shutil.which("gnuplot"):
            print("skip drawing: gnuplot is not installed")
            return
        for number, runs in enumerate([(ALONE,), (ALONE, ONEDNN), (ALONE, ONEDNN, ONNX), (ALONE, ONNX)]):
            picture = pathlib.Path(self.work.name, f"{number}.svg")
            subprocess.run(["gnuplot"], input=plot.script(str(picture), self.rows(*runs)), text=True, check=True)
            text = picture.read_text(encoding="utf-8")
            self.assertTrue(text.rstrip().endswith("</svg>"))
            self.assertEqual("ONNX Runtime" in text, ONNX in runs)


if __name__ == "__main__":
    unittest.main()
