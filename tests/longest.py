#!/usr/bin/env python3
"""Which tests took longest: longest.py TESTLOG.json... prints ten lines, of meson's logs."""
import json
import pathlib
import sys

SHOWN = 10


def durations(path):
    build = path.parent.parent.name
    for line in path.read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        yield test["duration"], f"{test['name'].rpartition(' / ')[2]} ({build})"


def main():
    tests = sorted((test for path in map(pathlib.Path, sys.argv[1:]) for test in durations(path)), reverse=True)
    for seconds, name in tests[:SHOWN]:
        print(f"{seconds:7.0f} s  {name}")


if __name__ == "__main__":
    main()
