#!/usr/bin/env python3
"""Writes the .cl files of a directory as a C table: embed.py OUTPUT DIRECTORY NAME..."""
import pathlib
import sys

output, directory, *names = sys.argv[1:]
with open(output, "w") as out:
    out.write('#include "programs/source_table.h"\n\n')
    for index, name in enumerate(names):
        data = pathlib.Path(directory, name).read_bytes() + b"\0"
        rows = (data[i:i + 24] for i in range(0, len(data), 24))
        body = ",\n".join("    " + ", ".join(map(str, row)) for row in rows)
        out.write(f"static const unsigned char text_{index}[] = {{\n{body}}};\n\n")
    out.write("const source_file source_table[] = {\n")
    for index, name in enumerate(names):
        out.write(f'    {{"{name}", (const char *)text_{index}}},\n')
    out.write(f"}};\nconst size_t source_table_count = {len(names)};\n")
