#!/usr/bin/env python3
"""Measures cases by clnorm and by ONNX Runtime's CPU provider, in turn, and prints JSON, a line a case.

CLNORM is the command. ONNX Runtime comes from PyPI into a virtual environment in DIRECTORY, which is made at the first
run; where it cannot be had, the status is 77. docs/performance.md says how it is measured.
"""
import argparse
import json
import statistics
import subprocess
import sys

import onnx_environment
import plot


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each has its turn; default: 5")
    parser.add_argument("--of", metavar="FILE", help="what `clnorm bench --json` printed: its cases are measured")
    parser.add_argument("clnorm", metavar="CLNORM")
    parser.add_argument("directory", metavar="DIRECTORY")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    words = parser.parse_args()
    if words.rounds < 1:
        parser.error("--rounds must be at least 1")
    if words.of:
        with open(words.of, encoding="utf-8") as lines:
            words.cases += [json.loads(line)["case"] for line in lines]
    return words


def require_cpu(clnorm):
    done = subprocess.run([clnorm, "devices", "--json"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(1)
    for device in json.loads(done.stdout):
        if device["default"] and device["type"] != "cpu":
            print(f"{device['name']} is no CPU; ONNX Runtime is compared on CPUs only", file=sys.stderr)
            sys.exit(onnx_environment.SKIPPED)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def print_means(entries):
    """A matrix has one layout, and so have vectors for L2: they are a panel of their own."""
    for name in plot.PANELS:
        ratios = [entry["ratio"] for entry in entries if plot.panel(entry["case"]) == name]
        if ratios:
            print(json.dumps({"geometric_mean": name, "ratio": round(statistics.geometric_mean(ratios), 4),
                              "cases": len(ratios)}))


def main():
    words = arguments()
    require_cpu(words.clnorm)
    onnx_environment.make(words.directory)
    onnx_environment.enter(words.directory)
    import onnx_models
    import onnx_rivals
    cases = [case for case in map(onnx_models.Case, words.cases) if onnx_models.has(case)]
    entries = []
    for number, case in enumerate(cases, 1):
        progress(f"{case.text} ({number} of {len(cases)})")
        entries.append(onnx_rivals.measure(words.clnorm, case, words.rounds))
        progress("")
        print(json.dumps(entries[-1]), flush=True)
    print_means(entries)


if __name__ == "__main__":
    main()
