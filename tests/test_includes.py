#!/usr/bin/env python3
"""Each folder of runtime/ includes headers of its own and of those before it only: tests/test_includes.py [RUNTIME]

The order of the folders is that of the sources in runtime/meson.build.
"""

import pathlib
import re
import sys

runtime = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "runtime")
order = list(dict.fromkeys(re.findall(r"'([a-z_]+)/[a-z_/]+\.c'", (runtime / "meson.build").read_text())))
wrong = []
for path in sorted(runtime.rglob("*.[ch]")):
    folder = path.relative_to(runtime).parts[0]
    allowed = order[:order.index(folder) + 1] if folder in order else []
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE):
        shared = re.fullmatch(r"(\.\./)+kernels-cl/.+", name)  # constants of the kernels, too
        if name.partition("/")[0] not in allowed and not shared:
            wrong.append(f"{path.relative_to(runtime)} includes {name}, but may include {', '.join(allowed)} only")
for line in wrong:
    print(line)
print(f"{'not ok' if wrong or not order else 'ok'} includes of {', '.join(order)}")
sys.exit(bool(wrong) or not order)
