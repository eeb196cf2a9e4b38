#!/usr/bin/env python3
"""Compiles the programs that gpu_programs wrote, for GPUs that nobody needs to have, and reports what each kernel takes.

usage: gpu_compile.py PROGRAMS_DIR [--jobs N] [--only SUBSTRING] [--all]

NVIDIA: clang-16's NVPTX back end and libclc, then ptxas. AMD: clang-16's AMDGPU back end. Intel: ocloc.
Prints a table with the worst of each variant's kernels (--all: of every program), and fails if one does not
compile, spills, or exceeds its limits:
  registers    at most 128 (NVIDIA)
  occupancy    at least half of what the target has at most (AMD)
  local        at most 32 KiB
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CLC = pathlib.Path("/usr/lib/clc")
LOCAL_LIMIT = 32768
REGISTER_LIMIT = 128
# AMD: waves a SIMD may hold at most
MOST_WAVES = {"gfx90a": 8, "gfx1030": 16}


class Failure(Exception):
    """A compiler refused a program."""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}\n{done.stderr or done.stdout}")
    return done.stdout + done.stderr


def clang(source, options, target, *more):
    return run(["clang-16", "-x", "cl", *options, "-Xclang", "-finclude-default-header", "-O2", "-w",
                "-target", target, *more, "-S", source])


def first(pattern, text, default=None):
    found = re.search(pattern, text)
    if found:
        return int(found[1])
    if default is None:
        raise Failure(f"no {pattern} in:\n{text}")
    return default


def nvidia(arch):
    def compile_for(source, options, work):
        ptx, cubin = work / "k.ptx", work / "k.cubin"
        clang(source, options, "nvptx64--nvidiacl", "-Xclang", "-target-cpu", "-Xclang", arch,
              "-Xclang", "-mlink-builtin-bitcode", "-Xclang", CLC / "nvptx64--nvidiacl.bc", "-o", ptx)
        report = run([ptxas(), f"-arch={arch}", "-v", ptx, "-o", cubin])
        return {"registers": first(r"Used (\d+) registers", report),
                "spill": first(r"(\d+) bytes spill stores", report) + first(r"(\d+) bytes spill loads", report),
                "stack": first(r"(\d+) bytes stack frame", report),
                "local": first(r"(\d+) bytes smem", report, 0)}
    return compile_for


def amd(arch):
    def compile_for(source, options, work):
        assembly = work / "k.s"
        clang(source, options, "amdgcn--amdhsa", f"-mcpu={arch}", "-nogpulib",
              "-Xclang", "-mlink-builtin-bitcode", "-Xclang", CLC / "amdgcn--amdhsa.bc", "-o", assembly)
        text = assembly.read_text()
        return {"registers": first(r"; NumVgprs: (\d+)", text),
                "spill": first(r"vgpr_spill_count: *(\d+)", text, 0),
                "stack": first(r"; ScratchSize: (\d+)", text),
                "local": first(r"; LDSByteSize: (\d+)", text),
                "occupancy": first(r"; Occupancy: (\d+)", text)}
    return compile_for


def intel(device):
    def compile_for(source, options, work):
        run(["ocloc", "compile", "--format", "zebin", "-file", source, "-device", device,
             "-options", " ".join(options), "-out_dir", work, "-output", "k"])
        text = next(work.glob("k_*.bin")).read_bytes().decode("latin-1")
        text = text[text.index("kernels:"):]  # the section .ze_info
        buffers = text.partition("per_thread_memory_buffers:")[2]
        return {"registers": first(r"grf_count: +(\d+)", text),
                "spill": first(r"spill_size: +(\d+)", text, 0),
                "stack": sum(map(int, re.findall(r"usage: +\w+\s+size: +(\d+)", buffers))),
                "local": first(r"slm_size: +(\d+)", text, 0),
                "simd": first(r"simd_size: +(\d+)", text)}
    return compile_for


def ptxas():
    return os.environ.get("PTXAS") or shutil.which("ptxas") or "/usr/local/cuda/bin/ptxas"


TARGETS = {
    "NVIDIA sm_80": nvidia("sm_80"),
    "NVIDIA sm_90": nvidia("sm_90"),
    "AMD gfx90a": amd("gfx90a"),
    "AMD gfx1030": amd("gfx1030"),
    "Intel dg2": intel("dg2"),
}


def faults(target, figures):
    found = []
    if figures["spill"] or figures["stack"]:
        found.append(f"{figures['spill']} bytes spilled, {figures['stack']} bytes of stack")
    if target.startswith("NVIDIA") and figures["registers"] > REGISTER_LIMIT:
        found.append(f"{figures['registers']} registers")
    if target.startswith("AMD") and 2 * figures["occupancy"] < MOST_WAVES[target.split()[1]]:
        found.append(f"occupancy {figures['occupancy']} of {MOST_WAVES[target.split()[1]]}")
    if figures["local"] > LOCAL_LIMIT:
        found.append(f"{figures['local']} bytes of local memory")
    return found


def measure(job):
    directory, program, target = job
    with tempfile.TemporaryDirectory() as work:
        try:
            figures = TARGETS[target](directory / f"{program['number']}.cl", program["options"].split(),
                                      pathlib.Path(work))
            return figures, faults(target, figures)
        except Failure as failure:
            return {}, [str(failure)]


def describe(figures):
    if not figures:
        return "does not compile"
    text = f"{figures['registers']} r"
    if "occupancy" in figures:
        text += f", {figures['occupancy']} waves"
    if "simd" in figures:
        text = f"SIMD{figures['simd']}"
    if figures["spill"] or figures["stack"]:
        text += f", {figures['spill']}+{figures['stack']} B spilled"
    if figures["local"]:
        text += f", {figures['local'] / 1024:.3g} K"
    return text


def weight(result):
    figures, found = result
    return (len(found), figures.get("spill", 1 << 30) + figures.get("stack", 0), figures.get("registers", 0))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directory", type=pathlib.Path)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("--only", default="")
    arguments.add_argument("--targets", default="")
    arguments.add_argument("--all", action="store_true")
    given = arguments.parse_args()
    programs = [p for p in json.loads((given.directory / "list.json").read_text())
                if given.only in f"{p['variant']} {p['options']} {p['needed_by']}"]
    targets = [t for t in TARGETS if given.targets.lower() in t.lower()]
    jobs = [(given.directory, program, target) for program in programs for target in targets]
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        results = list(pool.map(measure, jobs))

    table, bad = {}, 0
    for (_, program, target), result in zip(jobs, results):
        name = f"{program['variant']}: {program['kernel']}"
        if given.all:
            name += f" {program['number']}"
        row = table.setdefault(name, {"programs": set()})
        row["programs"].add(program["number"])
        if target not in row or weight(result) > weight(row[target]):
            row[target] = result
        if result[1]:
            bad += 1
            print(f"{target}: program {program['number']}, {program['kernel']} {program['options']}\n"
                  f"    for {program['needed_by']}\n    {'; '.join(result[1])[:2000]}", file=sys.stderr)
    print("| kernel | programs |" + "".join(f" {t} |" for t in targets))
    print("|---|--:|" + "--:|" * len(targets))
    for name, row in table.items():
        print(f"| {name} | {len(row['programs'])} |" + "".join(f" {describe(row[t][0])} |" for t in targets))
    print(f"{len(programs)} programs for {len(targets)} targets, {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
