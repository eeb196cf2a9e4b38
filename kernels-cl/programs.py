"""Reads programs.def: the programs that formulas can want."""
import collections
import pathlib
import re

Program = collections.namedtuple("Program", "formula work direction fpga defines")
ROW = re.compile(r'PROGRAM\((\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)"\)')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def read(path):
    text = COMMENT.sub("", pathlib.Path(path).read_text())
    rows = ROW.findall(text)
    if len(rows) != text.count("PROGRAM("):
        raise SystemExit(f"{path}: {text.count('PROGRAM(')} rows, of which {len(rows)} can be read")
    return [Program(*row[:4], row[4].split()) for row in rows]


if __name__ == "__main__":
    import sys
    for program in read(sys.argv[1]):
        print("|".join([*program[:4], " ".join(program.defines)]))
