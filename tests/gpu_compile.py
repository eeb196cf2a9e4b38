#!/usr/bin/env python3
"""Compiles what gpu_programs wrote, for GPUs that nobody needs to have, and reports what each kernel takes.

NVIDIA: clang-16's NVPTX back end with libclc, then ptxas. AMD: clang-16's AMDGPU back end with libclc.
What is allowed holds for that version: clang-19 takes more registers of AMD's. Intel: ocloc.
Prints a table, of each variant's kernels the worst; fails if a program does not compile, or
  spills, or has a stack;
  takes more than 128 registers (NVIDIA), or more than 64 and REASONS has no word on why;
  leaves less than half of the waves that a SIMD may hold (AMD);
    (a little less for those of SUMMED_TWICE)
  takes more than 32 KiB of local memory.
Programs of one kernel take turns: the first is compiled for NVIDIA, the second for an AMD GPU, and so on, so that each
kernel meets each target; those of SUMMED_TWICE, which come close to what is allowed, are compiled for all. --full,
or --only, compiles every program for every target, which takes four times as long.
Vendors of whose compilers one is missing are skipped, and it ends with 77, which means skipped, if all are.
"""

import argparse
import collections
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LIBCLC = pathlib.Path("/usr/lib/clc")
LEAST_SHARE_OF_WAVES = 0.5
MOST_LOCAL = 32768
MOST_REGISTERS = 128
UNREMARKABLE_REGISTERS = 64
MOST_WAVES = {"gfx90a": 8, "gfx1030": 16}
SKIPPED = 77

# Why a kernel takes more than UNREMARKABLE_REGISTERS. That these are the reasons was seen by compiling with tiles of
# two rows, and blocks of one channel: all but column_statistics of gradients, and the two maps, halve.
IN_FLIGHT = "a tile of 8 or 16 rows in flight, so that loads do not wait for each other"
HELD = "x, and dy, stay in registers from the sums to the results: each value is read once"
REASONS = {
    "plane_fused": HELD,
    "column_fused": HELD,
    "plane_statistics": f"{IN_FLIGHT}; a sum and its error a lane",
    "column_statistics": f"{IN_FLIGHT}; sums and their errors, and what is known of the column, a lane",
    "plane_map": IN_FLIGHT,
    "column_map": f"{IN_FLIGHT}; coefficients of its columns, a lane",
    "strided": "a tile of 4 or 8 values, sums and their errors, and three strides of eight axes",
    "strided_window_gradient": "three strides of eight axes, and what a window's extremes need",
    "window_inner": "the window slides in registers, with a block of channels in flight",
    "window_inner_gradient": "windows of x and of the gradient slide in registers, with a block of channels in flight",
}

# Kernels whose tile waits in registers until it is known that its sums have kept to fp32's range, and is summed again
# where they have not: a work-group of 256 items leaves room for no second one of this size.
SUMMED_TWICE = {"plane_fused", "column_fused"}
LEAST_SHARE_SUMMED_TWICE = 0.375


class Failure(Exception):
    """A compiler refused a program, or said something else than expected."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}\n{done.stderr or done.stdout}")
    return done.stdout + done.stderr


def number(pattern, text, default=None):
    found = re.search(pattern, text)
    if found is None and default is None:
        raise Failure(f"no {pattern} in:\n{text}")
    return int(found[1]) if found else default


def clang(source, options, library, output, *more):
    run("clang-16", "-x", "cl", *options, "-Xclang", "-finclude-default-header", "-O2", "-w", *more, "-Xclang",
        "-mlink-builtin-bitcode", "-Xclang", LIBCLC / library, "-S", source, "-o", output)


@functools.cache
def ptxas():
    """The CUDA toolkit's, or that of PyPI's nvidia-cuda-nvcc-cu12 in the interpreter's environment."""
    places = [os.environ.get("PTXAS"), shutil.which("ptxas"), "/usr/local/cuda/bin/ptxas",
              *map(str, pathlib.Path(sys.prefix).glob("lib/python*/site-packages/nvidia/*/bin/ptxas"))]
    return next((p for p in places if p and os.access(p, os.X_OK)), None)


def nvidia(source, options, work, targets):
    ptx, figures = work / "kernel.ptx", {}
    clang(source, options, "nvptx64--nvidiacl.bc", ptx, "-target", "nvptx64--nvidiacl", "-Xclang", "-target-cpu",
          "-Xclang", "sm_80")
    for target in targets:
        report = run(ptxas(), f"-arch={target}", "-v", ptx, "-o", work / "kernel.cubin")
        figures[target] = {
            "registers": number(r"Used (\d+) registers", report),
            "spilled": number(r"(\d+) bytes spill stores", report) + number(r"(\d+) bytes spill loads", report),
            "stack": number(r"(\d+) bytes stack frame", report),
            "local": number(r"(\d+) bytes smem", report, 0),
        }
    return figures


def amd(source, options, work, targets):
    assembly, figures = work / "kernel.s", {}
    for target in targets:
        clang(source, options, "amdgcn--amdhsa.bc", assembly, "-target", "amdgcn--amdhsa", f"-mcpu={target}",
              "-nogpulib")
        text = assembly.read_text()
        figures[target] = {
            "registers": number(r"; NumVgprs: (\d+)", text),
            "spilled": number(r"vgpr_spill_count: *(\d+)", text, 0),
            "stack": number(r"; ScratchSize: (\d+)", text),
            "local": number(r"; LDSByteSize: (\d+)", text),
            "waves": number(r"; Occupancy: (\d+)", text),
        }
    return figures


def intel(source, options, work, targets):
    figures = {}
    for target in targets:
        run("ocloc", "compile", "--format", "zebin", "-file", source, "-device", target, "-options",
            " ".join(options), "-out_dir", work, "-output", target)
        text = next(work.glob(f"{target}_*.bin")).read_bytes().decode("latin-1")
        text = text[text.index("kernels:"):]  # the section .ze_info
        buffers = text.partition("per_thread_memory_buffers:")[2]
        figures[target] = {
            "registers": number(r"grf_count: +(\d+)", text),
            "spilled": number(r"spill_size: +(\d+)", text, 0),
            "stack": sum(map(int, re.findall(r"usage: +\w+\s+size: +(\d+)", buffers))),
            "local": number(r"slm_size: +(\d+)", text, 0),
            "simd": number(r"simd_size: +(\d+)", text),
        }
    return figures


COMPILERS = {nvidia: ["sm_80", "sm_90"], amd: ["gfx90a", "gfx1030"], intel: ["dg2"]}


def missing(compiler):
    """What has to be installed before anything can be compiled for a vendor's targets."""
    libraries = {nvidia: ["nvptx64--nvidiacl.bc"], amd: ["amdgcn--amdhsa.bc"], intel: []}
    names = [name for name in libraries[compiler] if not (LIBCLC / name).exists()]
    tool = "ocloc" if compiler is intel else "clang-16"
    if shutil.which(tool) is None:
        names.append(tool)
    if compiler is nvidia and ptxas() is None:
        names.append("ptxas")
    return names


def skip_missing():
    """Leaves only the compilers that are here."""
    for compiler in list(COMPILERS):
        if missing(compiler):
            print(f"skip kernels for {', '.join(COMPILERS.pop(compiler))}: {', '.join(missing(compiler))} not here")


def is_remarkable(target, figures):
    return target.startswith("sm_") and figures.get("registers", 0) > UNREMARKABLE_REGISTERS


def faults(target, kernel, figures):
    if figures["spilled"] or figures["stack"]:
        yield f"{figures['spilled']} bytes are spilled, {figures['stack']} are on a stack"
    if target.startswith("sm_") and figures["registers"] > MOST_REGISTERS:
        yield f"{figures['registers']} registers; at most {MOST_REGISTERS} are allowed"
    if is_remarkable(target, figures) and kernel not in REASONS:
        yield f"{figures['registers']} registers, and nothing says why"
    share = LEAST_SHARE_SUMMED_TWICE if kernel in SUMMED_TWICE else LEAST_SHARE_OF_WAVES
    if "waves" in figures and figures["waves"] < share * MOST_WAVES[target]:
        yield f"{figures['waves']} of {MOST_WAVES[target]} waves"
    if figures["local"] > MOST_LOCAL:
        yield f"{figures['local']} bytes of local memory; at most {MOST_LOCAL} are allowed"


def compilers_of(program):
    """Functions of sub-groups are known to Intel's compiler alone."""
    return [c for c in COMPILERS if c is intel or "-DSUB_GROUPS" not in program["options"]]


def everything(program):
    return [(compiler, COMPILERS[compiler]) for compiler in compilers_of(program)]


def turns_of(program):
    """Compilations that programs share out: one for NVIDIA serves all its targets."""
    for compiler in compilers_of(program):
        targets = COMPILERS[compiler]
        yield from [(compiler, targets)] if compiler is nvidia else [(compiler, [target]) for target in targets]


def in_turn(programs):
    """For each program: compilers and their targets."""
    def kind(program):
        return program["variant"], program["kernel"], "-DSUB_GROUPS" in program["options"]

    counts, seen = collections.Counter(map(kind, programs)), collections.Counter()
    for program in programs:
        turns = list(turns_of(program))
        if len(turns) < 2 or counts[kind(program)] < len(turns) or program["kernel"] in SUMMED_TWICE:
            yield everything(program)
        else:
            yield turns[seen[kind(program)] % len(turns):][:1]
        seen[kind(program)] += 1


def measure(directory, program, compiler, targets):
    """For each of these targets: figures and faults."""
    source = directory / f"{program['number']}.cl"
    with tempfile.TemporaryDirectory() as work:
        try:
            figures = compiler(source, program["options"].split(), pathlib.Path(work), targets)
        except Failure as failure:
            return {target: ({}, [str(failure)[:4000]]) for target in targets}
    return {target: (figures[target], list(faults(target, program["kernel"], figures[target]))) for target in targets}


def describe(figures):
    if not figures:
        return "does not compile"
    text = f"SIMD{figures['simd']}" if "simd" in figures else str(figures["registers"])
    if "waves" in figures:
        text += f", {figures['waves']} waves"
    if figures["spilled"] or figures["stack"]:
        text += f", {figures['spilled']} + {figures['stack']} B spilled"
    return text + (f", {figures['local'] / 1024:.3g} KiB" if figures["local"] else "")


def worse(a, b):
    def weight(result):
        figures, found = result
        return len(found), figures.get("spilled", 1 << 30) + figures.get("stack", 0), -figures.get(
            "simd", 0), figures.get("registers", 0), figures.get("local", 0)

    return a if b is None or weight(a) > weight(b) else b


def print_table(programs, results):
    known = [target for targets in COMPILERS.values() for target in targets]
    rows = collections.defaultdict(dict)
    counts = collections.Counter()
    for program, targets in zip(programs, results):
        name = f"{program['variant']}: {program['kernel']}"
        counts[name] += 1
        for target, result in targets.items():
            rows[name][target] = worse(result, rows[name].get(target))
    print("Registers (NVIDIA, AMD), waves a SIMD, SIMD width (Intel), local memory; of each kernel's programs the worst.")
    print("| kernel | programs |" + "".join(f" {target} |" for target in known) +
          f" why more than {UNREMARKABLE_REGISTERS} registers |")
    print("|---|--:|" + "--:|" * len(known) + "---|")
    for name, row in sorted(rows.items()):
        cells = (describe(row[target][0]) if target in row else "" for target in known)
        explained = any(is_remarkable(target, figures) for target, (figures, _) in row.items())
        reason = REASONS.get(name.rpartition(" ")[2], "?") if explained else ""
        print(f"| {name} | {counts[name]} |" + "".join(f" {cell} |" for cell in cells) + f" {reason} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gpu_programs", help="the program that writes them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilers at once")
    parser.add_argument("--only", default="", help="programs whose variant, options or case hold this text")
    parser.add_argument("--full", action="store_true", default="CLNORM_TEST_FULL" in os.environ,
                        help="every program for every target; or CLNORM_TEST_FULL is set")
    given = parser.parse_args()
    skip_missing()
    if not COMPILERS:
        return SKIPPED
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        directory = pathlib.Path(place)
        run(given.gpu_programs, directory)
        programs = [p for p in json.loads((directory / "list.json").read_text())
                    if given.only in f"{p['variant']} {p['options']} {p['needed_by']}"]
        wanted = map(everything, programs) if given.full or given.only else in_turn(programs)
        parts = [(i, pool.submit(measure, directory, programs[i], compiler, targets))
                 for i, ways in enumerate(wanted) for compiler, targets in ways]
        results = [{} for _ in programs]
        for i, part in parts:
            results[i].update(part.result())
    bad = 0
    for program, targets in zip(programs, results):
        for target, (_, found) in targets.items():
            bad += bool(found)
            for fault in found:
                print(f"{target}: {program['kernel']} {program['options']}\n"
                      f"    for {program['needed_by']}: {fault}")
    print_table(programs, results)
    compiled = sum(map(len, results))
    good = programs and not bad
    print(f"{'ok' if good else 'not ok'} {len(programs)} programs for {sum(map(len, COMPILERS.values()))} targets; "
          f"{bad} of {compiled} at fault")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
