#!/usr/bin/env python3
"""Draws what `clnorm bench --json` and `bench_onednn --json` printed, as shares of the copy limit.

usage: plot.py [--table] OUTPUT.svg|OUTPUT.png FILE.json...

Bars per case: clnorm, and oneDNN where it was measured; a panel for each layout. --table prints the same as
Markdown. Needs gnuplot.
"""
import json
import re
import subprocess
import sys

PANELS = {"channels-first": "channels first", "channels-last": "channels last", "other": "matrices, and L2"}
SHORT = {"batch_normalization": "BN", "local_response_normalization": "LRN", "l2_normalize": "L2"}
TERMINALS = {
    ".svg": "svg size 1200,1300 dynamic background '#ffffff' font 'sans,12'",
    ".png": "pngcairo size 1200,1300 background '#ffffff' font 'sans,10'",
}


def label(case):
    """'BN train 32x64x112x112', 'LRN 31x61x13x13 r2 b0.75'"""
    op, mode, dims, *rest = case.split(":")
    words = [SHORT.get(op, op)] + [mode] * (mode != "infer" or op == "batch_normalization") + [dims]
    for part in rest:
        if not part.startswith("axis="):
            words.append(part.replace("depth_radius=", "r").replace("beta=", "b"))
    return " ".join(words)


def panel(case):
    """The layout that the case's text says."""
    op, _, dims, *rest = case.split(":")
    if op == "l2_normalize" or dims.count("x") < 2:
        return "other"
    return "channels-first" if "axis=1" in rest else "channels-last"


def read(paths):
    """Rows by case. A case that was measured beside oneDNN takes all its figures from there: one run."""
    rows = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                case = entry.get("case")
                if case is None:
                    continue  # a mean
                if "onednn_us" in entry:
                    rows[case] = {
                        "us": entry["clnorm_us"],
                        "onednn_us": entry["onednn_us"],
                        "ours": entry["copy_us"] / entry["clnorm_us"],
                        "theirs": entry["copy_us"] / entry["onednn_us"],
                    }
                elif "onednn_us" not in rows.get(case, {}):
                    rows[case] = {"us": entry["median_us"], "ours": entry["gbps"] / entry["limit_gbps"]}
    return rows


def in_panels(rows):
    """Panels that have cases, each with its rows in the order in which they were measured."""
    for name, title in PANELS.items():
        chosen = {case: row for case, row in rows.items() if panel(case) == name}
        if chosen:
            yield title, chosen


def script(output, rows):
    """The whole picture as one gnuplot script, data included."""
    ending = re.search(r"\.\w+$", output)
    if not ending or ending[0] not in TERMINALS:
        sys.exit(f"plot.py: {output} must end in .svg or .png")
    panels = list(in_panels(rows))
    text = [f"set terminal {TERMINALS[ending[0]]}", f"set output {json.dumps(output)}"]
    for number, (_, chosen) in enumerate(panels):
        text.append(f"$panel{number} << EOD")
        for case, row in chosen.items():
            theirs = f"{row['theirs']:.4f}" if "theirs" in row else "NaN"
            text.append(f'"{label(case)}" {row["ours"]:.4f} {theirs}')
        text.append("EOD")
    text += [
        f"set multiplot layout {len(panels)},1",
        "set style data histograms",
        "set style histogram clustered gap 1",
        "set style fill solid noborder",
        "set ytics 0.25 nomirror",
        "set xtics rotate by 45 right nomirror noenhanced scale 0 font ',9'",
        "set grid ytics lc rgb '#dddddd'",
        "set yrange [0:1.5]",
        "set ylabel 'share of the copy limit'",
        "set key top right horizontal width 2",
        "set lmargin 10",
    ]
    for number, (title, _) in enumerate(panels):
        text.append(f"set title '{title}'")
        text.append(
            f"plot $panel{number} using 2:xtic(1) title 'clnorm' lc '#1b6ca8', "
            f"'' using 3 title 'oneDNN' lc '#e0a030', 1 notitle with lines lc '#888888' dt 2"
        )
    text.append("unset multiplot")
    return "\n".join(text) + "\n"


def print_tables(rows):
    """The figures as Markdown."""
    for title, chosen in in_panels(rows):
        print(f"\n### {title[0].upper()}{title[1:]}\n")
        print("| case | clnorm µs | share of the copy limit | oneDNN µs | ratio |\n|---|--:|--:|--:|--:|")
        for case, row in chosen.items():
            peer = f"{row['onednn_us']:.0f} | {row['us'] / row['onednn_us']:.2f}" if "theirs" in row else " | "
            print(f"| {label(case)} | {row['us']:.0f} | {row['ours']:.2f} | {peer} |")


def main():
    """The command line."""
    words = sys.argv[1:]
    table = "--table" in words
    words = [word for word in words if word != "--table"]
    if len(words) < 2 or words[0].startswith("-"):
        sys.exit(__doc__)
    rows = read(words[1:])
    if not rows:
        sys.exit("plot.py: the files have no case")
    try:
        subprocess.run(["gnuplot"], input=script(words[0], rows), text=True, check=True)
    except FileNotFoundError:
        sys.exit("plot.py: gnuplot is not installed")
    except subprocess.CalledProcessError:
        sys.exit("plot.py: gnuplot failed")
    if table:
        print_tables(rows)


if __name__ == "__main__":
    main()
