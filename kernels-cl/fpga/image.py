#!/usr/bin/env python3
"""Writes fpga/image.cl, the program with all kernels of the fpga schedule: image.py PROGRAMS.DEF OUTPUT."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import programs  # noqa: E402

HEAD = """\
/*
 * fpga schedule: all kernels of all operations, one program, which the build writes from programs.def. An FPGA is
 * loaded with it once and never loaded again between operations. Each formula is included with its kind of work
 * defined, as in a program of the other schedules; see fpga/names.cl. Results are added to what is there (ACCUMULATES)
 * where an argument says so.
 */
#include "fpga/names.cl"
#include "fpga/pipeline.cl"
#include "fpga/rearrange.cl"
#include "fpga/window_words.cl"
"""

NESTS = {"MAP": ["map"], "REDUCE": ["reduce", "save"], "REDUCE_MAP": ["reduce", "map"],
         "WINDOW": ["window", "window_long"]}


def block(program):
    """The kernels of one row."""
    formula = f"ops/{program.formula}.cl"
    defines = [f"INSTANCE {program.fpga}", f"WORK_{program.work} 1"]
    defines += ["BACKWARD 1"] if program.direction == "BACKWARD" else []
    defines += ["ACCUMULATES 1"] if program.direction == "BACKWARD" and program.work == "REDUCE_MAP" else []
    own = [define.replace("=", " ") for define in program.defines]
    files = ["fpga/begin.cl", formula, "fpga/words.cl"]
    files += ["fpga/lanes.cl", formula] if program.work == "WINDOW" else []
    files += [f"fpga/{nest}.cl" for nest in NESTS[program.work]] + ["fpga/end.cl"]
    yield ""
    yield from (f"#define {define}" for define in defines + own)
    yield from (f'#include "{file}"' for file in files)
    yield from (f"#undef {define.split()[0]}" for define in own)


def main():
    rows = [program for program in programs.read(sys.argv[1]) if program.fpga != "NONE"]
    lines = [line for program in rows for line in block(program)]
    pathlib.Path(sys.argv[2]).write_text(HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
