#!/usr/bin/env python3
"""Writes .cl files as a C table: embed.py OUTPUT DEPFILE DIRECTORY NAME=FILE... NAME...

Names are files of the directory, or are read elsewhere where a file is given. Files that these include are written, too.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def collect(directory, given, names):
    """Each name with its text, and the files that were read."""
    texts, pending = {}, list(names)
    paths = {name: pathlib.Path(given.get(name, directory / name)) for name in names}
    while pending:
        name = pending.pop()
        path = paths.setdefault(name, directory / name)
        texts[name] = path.read_bytes()
        pending += [found for found in INCLUDE.findall(texts[name].decode())
                    if found not in texts and found not in pending]
    return dict(sorted(texts.items())), paths.values()


def main():
    output, depfile, directory, *words = sys.argv[1:]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    names = [word.partition("=")[0] for word in words]
    texts, paths = collect(pathlib.Path(directory), given, names)
    with open(output, "w") as out:
        out.write('#include "programs/source_table.h"\n\n')
        for index, text in enumerate(texts.values()):
            data = text + b"\0"
            rows = (data[i:i + 24] for i in range(0, len(data), 24))
            body = ",\n".join("    " + ", ".join(map(str, row)) for row in rows)
            out.write(f"static const unsigned char text_{index}[] = {{\n{body}}};\n\n")
        out.write("const source_file source_table[] = {\n")
        for index, name in enumerate(texts):
            generated = "true" if name in given else "false"
            out.write(f'    {{"{name}", (const char *)text_{index}, {generated}}},\n')
        out.write(f"}};\nconst size_t source_table_count = {len(texts)};\n")
    escaped = [str(path).replace(" ", "\\ ") for path in paths]
    pathlib.Path(depfile).write_text(f"{output}: {' '.join(escaped)}\n")


if __name__ == "__main__":
    main()
