#!/usr/bin/env python3
"""Draws what `clnorm bench --json`, `bench_onednn --json` and beside_onnx.py printed, as shares of the copy limit.

usage: plot.py [--table] OUTPUT.svg|OUTPUT.png FILE.json...

Bars per case: clnorm, and oneDNN and ONNX Runtime where they were measured; a panel for each layout. --table prints the
same as Markdown. Needs gnuplot.
"""
import json
import math
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


def beside_onednn(entry):
    """clnorm's row and oneDNN's figures, of one line of bench_onednn."""
    ours, theirs = entry["clnorm_us"], entry["onednn_us"]
    return ({"us": ours, "share": entry["copy_us"] / ours},
            {"us": theirs, "share": entry["copy_us"] / theirs, "ratio": ours / theirs})


def beside_onnx(entry):
    """clnorm's row and ONNX Runtime's figures, of one line of beside_onnx.py."""
    ratio = entry["clnorm_us"] / entry["onnx_us"]
    return ({"us": entry["clnorm_us"], "share": entry["share"]},
            {"us": entry["onnx_us"], "share": entry["share"] * ratio, "ratio": ratio})


def alone(entry):
    """clnorm's row, of one line of clnorm bench."""
    return {"us": entry["median_us"], "share": entry["gbps"] / entry["limit_gbps"]}, None


# The peers, in the order of their columns: what a line of theirs has, what it says, the colour of their bars.
PEERS = {"oneDNN": ("onednn_us", beside_onednn, "#e0a030"), "ONNX Runtime": ("onnx_us", beside_onnx, "#7a9a4a")}


def read(paths):
    """Rows by case: clnorm's own figures, and those of "peers" by name. clnorm's are those of the run beside the first
    of its peers, and else of the run alone; a peer's share and ratio are always of the run in which it was measured."""
    rows, ranks = {}, {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                case = entry.get("case")
                if case is None:
                    continue  # a mean
                rank, name, figures = len(PEERS), None, alone
                for number, (peer, (field, beside, _)) in enumerate(PEERS.items()):
                    if field in entry:
                        rank, name, figures = number, peer, beside
                own, theirs = figures(entry)
                row = rows.setdefault(case, {"peers": {}})
                if rank <= ranks.get(case, rank):
                    row.update(own)
                    ranks[case] = rank
                if name:
                    row["peers"][name] = theirs
    return rows


def in_panels(rows):
    """Panels that have cases, each with its rows in the order in which they were measured."""
    for name, title in PANELS.items():
        chosen = {case: row for case, row in rows.items() if panel(case) == name}
        if chosen:
            yield title, chosen


def peers_in(chosen):
    """The peers that have a value in a panel; gnuplot refuses a column that has none."""
    return [name for name in PEERS if any(name in row["peers"] for row in chosen.values())]


def bars(number, names):
    """The command that draws a panel."""
    columns = [("clnorm", "#1b6ca8")] + [(name, PEERS[name][2]) for name in names]
    parts = [f"$panel{number} using {at}{':xtic(1)' if at == 2 else ''} title '{name}' lc '{colour}'"
             for at, (name, colour) in enumerate(columns, 2)]
    return "plot " + ", ".join(parts + ["1 notitle with lines lc '#888888' dt 2"])


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
            shares = [row["share"]] + [row["peers"].get(name, {}).get("share", math.nan) for name in peers_in(chosen)]
            text.append(" ".join([f'"{label(case)}"'] + [f"{share:.4f}" for share in shares]))
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
    for number, (title, chosen) in enumerate(panels):
        text += [f"set title '{title}'", bars(number, peers_in(chosen))]
    text.append("unset multiplot")
    return "\n".join(text) + "\n"


def table(chosen):
    """Lines of Markdown: a column and its ratio for each peer that has a value here."""
    names = peers_in(chosen)
    yield "| case | clnorm µs | share of the copy limit |" + "".join(f" {name} µs | ratio |" for name in names)
    yield "|---|--:|--:|" + "--:|--:|" * len(names)
    for case, row in chosen.items():
        words = [label(case), f"{row['us']:.0f}", f"{row['share']:.2f}"]
        for name in names:
            peer = row["peers"].get(name)
            words += [f"{peer['us']:.0f}", f"{peer['ratio']:.2f}"] if peer else ["", ""]
        yield f"| {' | '.join(words)} |"


def print_tables(rows):
    """The figures as Markdown."""
    for title, chosen in in_panels(rows):
        print(f"\n### {title[0].upper()}{title[1:]}\n")
        print("\n".join(table(chosen)))


def main():
    """The command line."""
    words = sys.argv[1:]
    tables = "--table" in words
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
    if tables:
        print_tables(rows)


if __name__ == "__main__":
    main()
