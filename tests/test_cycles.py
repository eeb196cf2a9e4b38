#!/usr/bin/env python3
"""bench/cycles: which instructions are an iteration of a loop, what they load, and what --check says of spills."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("cycles", str(ROOT / "bench/cycles"))
cycles = importlib.util.module_from_spec(importlib.util.spec_from_loader("cycles", loader))
loader.exec_module(cycles)
loops = cycles.loops

# A loop over vectors: most are stored at once; rare ones go through a call, and others through an inner loop.
ASSEMBLY = """
	.type	kernel,@function
kernel:
	vmovups	%zmm9, 64(%rsp)                 # 64-byte Spill
.LBB0_1:
	vmovups	%gs:(%rdi,%rax,4), %zmm0
	vmulps	64(%rsp), %zmm0, %zmm0          # 64-byte Folded Reload
	vaddps	.LCPI0_0(%rip){1to16}, %zmm0, %zmm0
	vaddss	%gs:4(%rdi), %xmm3, %xmm3
	jne	.LBB0_3
	callq	find_again
	vmovups	128(%rsp), %zmm1                # 64-byte Reload
.LBB0_3:
	testb	%cl, %cl
	je	.LBB0_5
.LBB0_4:
	vmovss	%xmm0, %gs:(%rsi)
	decq	%rdx
	jne	.LBB0_4
	jmp	.LBB0_6
.LBB0_5:
	vmovups	%zmm0, %gs:(%rsi,%rax,4)
	vmovups	%ymm0, 256(%rsp)
.LBB0_6:
	addq	$16, %rax
	jb	.LBB0_1
	retq
.Lfunc_end0:
"""


KNOWN = next(known for known in cycles.EXCEPTIONS if known.loop == "add_deviations of *")


def row(spills, **other):
    return {"nest": "cpu/plane", "kernel": "plane_map", "formula": "batch_normalization", "loop": "add_deviations of rows",
            "processor": KNOWN.processor, "spills": spills, **other}


class Loops(unittest.TestCase):
    def setUp(self):
        self.inner, self.outer = sorted(loops.loops_of(ASSEMBLY), key=lambda l: len(l.inner))

    def test_iteration_has_neither_call_nor_inner_loop(self):
        self.assertEqual(len(self.inner.iteration), 3)
        self.assertEqual(self.outer.inner, [self.inner])
        self.assertFalse(any(map(loops.is_call, self.outer.iteration)))
        self.assertEqual(self.outer.iteration[-1].text, "jb\t.LBB0_1")

    def test_only_vectors_count(self):
        of = self.outer.iteration
        self.assertEqual(loops.bytes_of(of, "global", "load"), 64)
        self.assertEqual(loops.bytes_of(of, "global", "store"), 64)
        self.assertEqual(loops.bytes_of(of, "private"), 32)
        self.assertEqual(loops.bytes_of(of, "constant"), 0)

    def test_spills_are_those_of_the_iteration(self):
        self.assertEqual(cycles.spills_in(self.outer.iteration), 1)


class Check(unittest.TestCase):
    def test_spill_is_named(self):
        fault, = cycles.faults_of([row(7, loop="apply_run")], only="some")
        for word in ("cpu/plane", "batch_normalization", "znver3", "apply_run", " 7 "):
            self.assertIn(word, fault)

    def test_exception_has_a_limit(self):
        most = KNOWN.most
        self.assertEqual(list(cycles.faults_of([row(most)], only="some")), [])
        self.assertEqual(len(list(cycles.faults_of([row(most + 1)], only="some"))), 1)

    def test_exception_that_is_not_needed(self):
        faults = list(cycles.faults_of([row(0)]))
        self.assertEqual(len(faults), len(cycles.EXCEPTIONS))
        self.assertIn("is not needed", faults[0])

    def test_exceptions_have_reasons(self):
        self.assertTrue(all(known.reason and known.most > 0 for known in cycles.EXCEPTIONS))

    def test_function_around_a_place(self):
        lines = cycles.lines_of("cpu/runs.cl")
        at = 1 + next(i for i, line in enumerate(lines) if "y[i] = formula_apply" in line)
        self.assertEqual(cycles.function_at(("cpu/runs.cl", at)), "apply_run")
        self.assertIn("find_again", cycles.rare_functions())
        self.assertIn("extreme_accumulator", cycles.rare_functions())


if __name__ == "__main__":
    unittest.main()
