#!/usr/bin/env python3
"""Nothing but an operation's own files asks which operation it has, or how many there are: what all of them have to say
is in tables (runtime/operations/operations.def, tests/operations/). Models know their layers."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = (ROOT / "runtime/operations/operations.def").read_text()
KINDS = "|".join(re.findall(r"^OPERATION\(\w+, (\w+)\)", TABLE, re.MULTILINE))
NAMES = KINDS.lower()
COUNT = len(KINDS.split("|"))
OWN = ["runtime/operations", "runtime/layers", "tests/operations", "bench"]
ASKS = {
    re.compile(rf"[!=<>]=? ?CLNORM_({KINDS})\b|\bCLNORM_({KINDS}) ?([!=<>]=|[<>+])"): "compares or counts kinds",
    re.compile(rf'strcmp\([^)]*"({NAMES})"'): "compares with a name",
    re.compile(rf"\bcase CLNORM_({KINDS})\b"): "switches on kinds",
    re.compile(r"(clnorm_op_info_get|test_operation_get)\([^)]*% \d"): "counts operations",
}


def faults(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for pattern, what in ASKS.items():
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {what}: {line.strip()}"


def main():
    files = [path for folder in ("runtime", "tools", "tests", "samples") for path in sorted((ROOT / folder).rglob("*.[ch]"))
             if not any(path.is_relative_to(ROOT / own) for own in OWN)]
    found = [fault for path in files for fault in faults(path)]
    print("\n".join(found) or f"ok {len(files)} files, {COUNT} operations")
    return 1 if found or not KINDS else 0


if __name__ == "__main__":
    sys.exit(main())
