"""Finds the inner loops in assembly that clang wrote for x86-64, and what an iteration of each takes.

The assembly is as bench/cycles has it made: with the places of the source (-g1), global memory behind the segment
register gs, and clang's comments on what it spilled.

An iteration is the way from a loop's first block back to it that loads and stores most of global memory, and has the
fewest instructions of those that do, without inner loops and, if there is such a way, without calls. So what happens
only to rare values, or to vectors that are not whole, does not count.
"""
import collections
import os
import re

Instruction = collections.namedtuple("Instruction", "text name operands spill place")
Loop = collections.namedtuple("Loop", "function place iteration inner")
Access = collections.namedtuple("Access", "kind where bytes")

LABEL = re.compile(r"^([.\w$]+):")
PLACE = re.compile(r"^\s+\.loc\s+(\d+)\s+(\d+)")
FILE = re.compile(r'^\s+\.file\s+(\d+)\s+"([^"]*)"(?:\s+"([^"]*)")?')
INSTRUCTION = re.compile(r"^\s+([a-z]\w*)\s*(.*)$")
SPILL = re.compile(r"(\d+)-byte (?:Folded )?(Spill|Reload)")
MEMORY = re.compile(r"(%gs:)?[-\w.$+]*\(([^)]*)\)")
VECTOR = re.compile(r"%([xyz])mm\d")
BYTES = {"x": 16, "y": 32, "z": 64}
# What moves single values, although its registers are those of vectors.
SINGLE = re.compile(r"v?(?!p)\w*(ss|sd|ss2\w+|sd2\w+)$|v?mov[dqlh]$|v?mov[lh]p[sd]$|"
                    r"v?p?(insr|extr|insert|extract)(ps|[bwdq])$")
ENDS = ("jmp", "jmpq", "ret", "retq", "ud2")


def instruction_of(line, place):
    code, _, comment = line.partition("#")
    match = INSTRUCTION.match(code.rstrip())
    if match is None:
        return None
    found = SPILL.search(comment)
    return Instruction(code.strip(), match[1], match[2].strip(), (found[2], int(found[1])) if found else None, place)


def functions_of(text):
    """For each function its blocks, each a label or None and a list of instructions."""
    files, functions, blocks, place = {}, {}, None, None
    names = set(re.findall(r"\.type\s+([\w.$]+),@function", text))
    for line in text.splitlines():
        label = LABEL.match(line)
        if label and label[1] in names:
            blocks = functions[label[1]] = [(label[1], [])]
        elif label and label[1].startswith(".Lfunc_end"):
            blocks = None
        elif match := FILE.match(line):
            files[match[1]] = os.path.join(match[2], match[3] or "")
        elif blocks is None:
            continue
        elif label and label[1].startswith(".LBB"):
            blocks.append((label[1], []))
        elif match := PLACE.match(line):
            place = (files.get(match[1], ""), int(match[2]))
        elif instruction := instruction_of(line, place):
            blocks[-1][1].append(instruction)
            if instruction.name.startswith("j"):
                blocks.append((None, []))
    return functions


def successors_of(blocks):
    index = {label: i for i, (label, _) in enumerate(blocks) if label}
    successors = []
    for i, (_, instructions) in enumerate(blocks):
        last = instructions[-1] if instructions else None
        to = []
        if last and last.name.startswith("j") and last.operands in index:
            to.append(index[last.operands])
        if i + 1 < len(blocks) and not (last and last.name in ENDS):
            to.append(i + 1)
        successors.append(to)
    return successors


def order_of(successors):
    """The blocks that can be reached; each stands before those that follow it, except at the end of a loop."""
    seen, order, stack = {0}, [], [(0, iter(successors[0]))]
    while stack:
        block, rest = stack[-1]
        new = next((to for to in rest if to not in seen), None)
        if new is None:
            order.append(block)
            stack.pop()
        else:
            seen.add(new)
            stack.append((new, iter(successors[new])))
    return order[::-1]


def predecessors_of(successors, order):
    before = collections.defaultdict(list)
    for block in order:
        for to in successors[block]:
            before[to].append(block)
    return before


def dominators_of(before, order):
    """For each block those that are passed on every way to it."""
    found = {block: set(order) for block in order}
    found[0] = {0}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            new = set.intersection(*(found[b] for b in before[block])) | {block}
            if new != found[block]:
                found[block], changed = new, True
    return found


def bodies_of(successors, order):
    """For each block that is a loop's first one, the blocks of the loop."""
    before = predecessors_of(successors, order)
    dominators = dominators_of(before, order)
    bodies = collections.defaultdict(set)
    for block in order:
        for head in successors[block]:
            if head in dominators[block]:
                rest = [block]
                bodies[head].add(head)
                while rest:
                    at = rest.pop()
                    if at not in bodies[head]:
                        bodies[head].add(at)
                        rest += before[at]
    return bodies


def is_vector(instruction):
    return VECTOR.search(instruction.operands) is not None and not SINGLE.match(instruction.name)


def width_of(instruction):
    """Bytes that a vector instruction loads or stores."""
    if "extract" in instruction.name:
        return 16 if re.search("128|32x4|64x2", instruction.name) else 32
    return max(BYTES[kind] for kind in VECTOR.findall(instruction.operands))


def access_of(instruction):
    """What a vector instruction loads or stores, or None."""
    memory = MEMORY.search(instruction.operands)
    if memory is None or not is_vector(instruction):
        return None
    if "broadcast" in instruction.name or "{1to" in instruction.operands:
        return None
    kind = "store" if instruction.operands.endswith(memory[0]) else "load"
    if memory[1]:
        where = "global"
    elif "%rip" in memory[2]:
        where = "constant"
    else:
        where = "spill" if instruction.spill else "private"
    return Access(kind, where, width_of(instruction))


def bytes_of(instructions, where, kind=None):
    accesses = filter(None, map(access_of, instructions))
    return sum(a.bytes for a in accesses if a.where == where and kind in (None, a.kind))


def is_call(instruction):
    return instruction.name.startswith("call")


def iteration_of(head, own, blocks, successors, order):
    """The blocks of an iteration that are all in `own`; none if there is no such way."""
    if head not in own:
        return []
    value = {b: (bytes_of(blocks[b][1], "global"), -len(blocks[b][1])) for b in own}
    best = {head: (value[head], None)} # the value of the way that ends with a block, and the block before it
    for block in (b for b in order if b in own and b in best):
        for to in (t for t in successors[block] if t in own and t != head):
            along = tuple(map(sum, zip(best[block][0], value[to])))
            if to not in best or along > best[to][0]:
                best[to] = (along, block)
    ends = [b for b in best if head in successors[b]]
    at, path = max(ends, key=lambda b: best[b][0], default=None), []
    while at is not None:
        path.append(at)
        at = best[at][1]
    return path[::-1]


def loops_in(function, blocks):
    """The loops of a function that have an iteration, inner ones first; `inner` are the loops inside."""
    successors = successors_of(blocks)
    order = order_of(successors)
    bodies = bodies_of(successors, order)
    found = {}
    for head in sorted(bodies, key=lambda h: len(bodies[h])):
        heads = [h for h in bodies if h != head and h in bodies[head]]
        own = bodies[head].difference(*(bodies[h] for h in heads))
        without_calls = {b for b in own if not any(map(is_call, blocks[b][1]))}
        path = iteration_of(head, without_calls, blocks, successors, order) or \
            iteration_of(head, own, blocks, successors, order)
        if path:
            instructions = [i for b in path for i in blocks[b][1]]
            found[head] = Loop(function, instructions[-1].place, instructions,
                               [found[h] for h in heads if h in found])
    return list(found.values())


def loops_of(text):
    for function, blocks in functions_of(text).items():
        yield from loops_in(function, blocks)
