"""What a drawn panel shows, read back from its artists, and what its file says it should show.

Both are lists of tuples, so that they can be compared whole: a number that was drawn twice, left out, moved to
another row or rounded is seen. The file is read with the standard library alone, not with the code under test.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib

import rules_again
from matplotlib.collections import LineCollection, PolyCollection

SYMBOLS = {"c", "x", "z", "k"}


# --- what the file says ----------------------------------------------------------------------------------


def spec_of(path):
    return tomllib.loads(path.read_text("utf-8"))


def cells(spec):
    """The rows of the file as dictionaries of text."""
    return list(csv.DictReader(io.StringIO(spec["data"]["csv"].strip())))


def value(cell):
    """A cell as a number; None where there is none."""
    return None if cell.strip() == "" or cell.strip() in SYMBOLS else near(cell)


def rows_of(spec, panel):
    """The rows that a panel draws; what rules add is computed again, by another hand."""
    rows = cells(spec)
    for column, wanted in panel.get("where", {}).items():
        wanted = wanted if isinstance(wanted, list) else [wanted]
        rows = [row for row in rows if same(row[column], wanted)]
    return rules_again.derived(rows, panel.get("derive", []))


def near(number):
    """A number without the last bits, in which two ways to compute it may differ; see `exactly`."""
    return round(float(number), 9)


def exactly(number):
    """A printed number, every bit of it: what is drawn without a rule must be just this."""
    return float(number)


def same(cell, wanted):
    return any(cell == str(one) or (not isinstance(one, str) and value(cell) == one) for one in wanted)


def columns_drawn(panel):
    y = panel["y"]
    return [y] if isinstance(y, str) else list(y)


def series_expected(spec, panel):
    """(series, x, y, low, high) of every number that should be drawn."""
    words, found = panel.get("labels", {}), []
    for row in rows_of(spec, panel):
        for column in columns_drawn(panel):
            y = value(row[column])
            if y is None:
                continue
            name = row[panel["by"]] if panel.get("by") else column
            ends = [value(row[panel[end]]) if panel.get(end) else None for end in ("low", "high")]
            ends = ends if None not in ends else [None, None]
            found.append((words.get(name, name), row[panel["x"]], y, *ends))
    return found


# --- what the picture shows --------------------------------------------------------------------------------


def data_lines(ax):
    """Lines in the coordinates of the data: no rulings, no dots beside the axes."""
    return [line for line in ax.lines if line.get_transform() == ax.transData]


def segments(ax):
    """(first, second) end of every interval."""
    parts = [one for one in ax.collections if isinstance(one, LineCollection)]
    return [tuple(map(tuple, segment.tolist())) for one in parts for segment in one.get_segments()]


def unfolded(label):
    return " ".join(label.get_text().split())


def row_names(ax):
    return {float(place): unfolded(label) for place, label in zip(ax.get_yticks(), ax.get_yticklabels())}


def column_names(ax):
    return {float(place): unfolded(label) for place, label in zip(ax.get_xticks(), ax.get_xticklabels())}


def nearest_row(ax, height):
    names = row_names(ax)
    return names[min(names, key=lambda place: abs(place - height))]


def name_of(line):
    return str(line.get_label()).removeprefix("_")


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def across(panel, spec, ax, place):
    """The x of the table at a place of the axis: a number as it is, a word by its tick."""
    texts = [row[panel["x"]] for row in rows_of(spec, panel)]
    if panel["form"] != "slope" and all(is_number(text) for text in texts):
        return float(place)
    return column_names(ax)[float(place)]


def as_x(panel, spec, text):
    texts = [row[panel["x"]] for row in rows_of(spec, panel)]
    if panel["form"] != "slope" and all(is_number(one) for one in texts):
        return float(text)
    return " ".join(text.split())


# --- one comparison a form -----------------------------------------------------------------------------------


def compare_lines(spec, panel, ax):
    expected = series_expected(spec, panel)
    drawn = [
        (name_of(line), across(panel, spec, ax, x), near(y))
        for line in data_lines(ax)
        for x, y in zip(line.get_xdata(), line.get_ydata())
    ]
    assert sorted(drawn, key=str) == sorted(((s, as_x(panel, spec, x), y) for s, x, y, *_ in expected), key=str)
    ends = [(across(panel, spec, ax, a[0]), near(a[1]), near(b[1])) for a, b in segments(ax)]
    wanted = [(as_x(panel, spec, x), low, high) for _, x, _, low, high in expected if low is not None]
    assert sorted(ends, key=str) == sorted(wanted, key=str)


def compare_curves(spec, panel, ax):
    expected = series_expected(spec, panel)
    drawn = [
        (name_of(line), near(x), near(y))
        for line in data_lines(ax)
        for x, y in zip(line.get_xdata(orig=True), line.get_ydata(orig=True))
    ]
    assert drawn == [(s, near(x), y) for s, x, y, *_ in sorted(expected, key=lambda one: order(expected, one[0]))]
    corners = {
        (near(x), near(y))
        for band in ax.collections
        if isinstance(band, PolyCollection)
        for path in band.get_paths()
        for x, y in path.vertices
    }
    for _, x, _, low, high in expected:
        assert low is None or {(near(x), low), (near(x), high)} <= corners


def order(expected, name):
    return list(dict.fromkeys(one[0] for one in expected)).index(name)


def compare_bars(spec, panel, ax):
    expected = [(s, " ".join(x.split()), y) for s, x, y, *_ in series_expected(spec, panel)]
    drawn = [
        (container.get_label(), nearest_row(ax, bar.get_y() + bar.get_height() / 2), near(bar.get_width()))
        for container in ax.containers
        for bar in container
    ]
    assert sorted(drawn) == sorted(expected)
    assert all(bar.get_x() == 0 for container in ax.containers for bar in container)
    printed = [text.get_text().split(" (")[0].replace(",", "").replace("−", "-") for text in ax.texts]
    numbers = [text.removesuffix(panel.get("unit", "")) for text in printed if text not in SYMBOLS]
    places = panel.get("places", 9)
    assert sorted(map(float, numbers)) == sorted(round(y, places) for *_, y in expected)
    if isinstance(panel["y"], str):
        marks = [row[panel["y"]] for row in rows_of(spec, panel) if row[panel["y"]] in SYMBOLS]
        assert sorted(text for text in printed if text in SYMBOLS) == sorted(marks)


def compare_stacked(spec, panel, ax):
    expected = [(s, " ".join(x.split()), y) for s, x, y, *_ in series_expected(spec, panel)]
    drawn, ends = [], {}
    for container in ax.containers:
        for bar in container:
            row = nearest_row(ax, bar.get_y() + bar.get_height() / 2)
            if math.isnan(bar.get_width()):
                continue
            drawn.append((container.get_label(), row, near(bar.get_width())))
            assert bar.get_x() == ends.get(row, 0.0), "a part begins where the one before it ends"
            ends[row] = bar.get_x() + bar.get_width()
    assert sorted(drawn) == sorted(expected)


def compare_points(spec, panel, ax):
    expected = [(s, " ".join(x.split()), y, low, high) for s, x, y, low, high in series_expected(spec, panel)]
    drawn = [
        (name_of(line), nearest_row(ax, height), near(x))
        for line in data_lines(ax)
        for x, height in zip(line.get_xdata(), line.get_ydata())
    ]
    assert sorted(drawn) == sorted((s, x, y) for s, x, y, *_ in expected)
    ends = [(nearest_row(ax, a[1]), near(a[0]), near(b[0])) for a, b in segments(ax)]
    assert sorted(ends) == sorted((x, low, high) for _, x, _, low, high in expected if low is not None)


def compare_overlaps(spec, panel, ax):
    rows, (column,) = rows_of(spec, panel), columns_drawn(panel)
    assert [bar.get_width() for bar in ax.patches] == [value(row[column]) for row in rows]
    assert [round(bar.get_y() + bar.get_height() / 2) for bar in ax.patches] == list(range(len(rows)))
    dots = [line for line in ax.lines if line.get_label() == "_dots"]
    filled = [sorted(map(int, line.get_ydata())) for line in dots[::2]]
    assert filled == [[n for n, row in enumerate(rows) if row[name] == "yes"] for name in panel["sets"]]


def compare_arms(spec, panel, ax):
    """Marks lie a little beside their time; the nearest time of the table is theirs."""
    expected = series_expected(spec, panel)
    times = sorted({value(x) for _, x, *_ in expected})
    time_of = lambda at: min(times, key=lambda time: abs(time - at))  # noqa: E731
    reach = 0.03 * (times[-1] - times[0])
    assert all(abs(x - time_of(x)) <= reach for line in data_lines(ax) for x in line.get_xdata())
    drawn = [
        (name_of(line), time_of(x), near(y))
        for line in data_lines(ax)
        for x, y in zip(line.get_xdata(), line.get_ydata())
    ]
    assert sorted(drawn) == sorted((s, value(x), y) for s, x, y, *_ in expected)
    ends = [(time_of(a[0]), near(a[1]), near(b[1])) for a, b in segments(ax)]
    assert sorted(ends) == sorted((value(x), low, high) for _, x, _, low, high in expected if low is not None)
    sizes = {}
    for row in rows_of(spec, panel):
        sizes.setdefault(value(row[panel["x"]]), []).append(row[panel["n"]])
    words = [label.get_text() for label in ax.get_xticklabels()]
    assert words == [f"{time:g}\nn = {' and '.join(sizes[time])}" for time in times]
    printed = sorted(text.get_text() for text in ax.texts)
    assert printed == sorted(row[panel["y"]] for row in rows_of(spec, panel))


def compare_courses(spec, panel, ax):
    """Each child's line apart, in the order of time; and the mean courses whole."""
    words, wanted = panel.get("labels", {}), []
    for row in rows_of(spec, panel):
        key = (row["kind"], row["line"])
        if not wanted or wanted[-1][0] != key:
            wanted.append((key, []))
        wanted[-1][1].append((value(row["x"]), value(row["y"])))
    drawn = [[(near(x), near(y)) for x, y in zip(line.get_xdata(), line.get_ydata())] for line in data_lines(ax)]
    assert sorted(drawn) == sorted(points for _, points in wanted)
    kinds = {key[0] for key, _ in wanted}
    assert {line.get_label() for line in ax.lines} - {"_observed"} == {words.get(kind, kind) for kind in kinds}


def compare_event_lines(spec, panel, ax):
    """Where each child's line ends, and the days of its marks; children of one group lie together."""
    words, wanted, ends = panel.get("labels", {}), [], {}
    for row in rows_of(spec, panel):
        one = (row[panel["by"]], row[panel["child"]])
        ends[one] = max(ends.get(one, 0.0), value(row[panel["stop"]]))
        if row[panel["event"]] == "1":
            wanted.append((words[row[panel["by"]]], ends[one], value(row[panel["stop"]])))
    lines = {near(a[1]): (near(a[0]), near(b[0])) for a, b in segments(ax)}
    assert sorted(last for _, last in lines.values()) == sorted(ends.values())
    assert {first for first, _ in lines.values()} == {0.0}
    marks = [(name_of(line), x) for line in data_lines(ax) for x in line.get_xdata()]
    assert sorted((name, near(x)) for name, x in marks) == sorted((name, day) for name, _, day in wanted)
    for line in data_lines(ax):
        assert all(x <= lines[near(y)][1] for x, y in zip(line.get_xdata(), line.get_ydata()))
    for group, name in words.items():
        n_children = sum(one[0] == group for one in ends)
        n_events = sum(of == name for of, *_ in wanted)
        said = f"{name}\n{n_children} children, {n_events} {panel['event_words']}"
        assert said in [text.get_text() for text in ax.texts]


def compare_digits(spec, panel, ax):
    """The printed numbers are those of the file, digit by digit, and ours round to them."""
    (step,) = [one for one in spec["draw"][spec_place(spec, panel)]["derive"] if one["rule"] == "printed_and_ours"]
    printed = list(csv.DictReader(io.StringIO(step["printed"].strip())))
    texts = [text.get_text().replace(",", "").replace("−", "-") for text in ax.texts]
    column = texts[: len(printed)]
    assert column == [row["printed"] for row in printed]
    assert list(row_names(ax).values()) == [" ".join(row["label"].split()) for row in printed]
    (marks,) = [line for line in data_lines(ax) if line.get_label() == "off"]
    ours = texts[len(printed) + 1 : 2 * len(printed) + 1]
    for off, mine, row in zip(marks.get_xdata(), ours, printed):
        digits = len(row["printed"].partition(".")[2])
        assert abs(off) <= 0.5
        assert abs((float(mine) - float(row["printed"])) * 10**digits - off) <= 0.0051
        assert round(float(row["printed"]) + off * 10**-digits, digits) == float(row["printed"])


def spec_place(spec, panel):
    """Which panel of the file this is."""
    return [one["title"] for one in spec["draw"]].index(panel["title"])


def compare_dots(spec, panel, ax):
    known = [(row[panel["x"]], value(row[panel["y"]])) for row in rows_of(spec, panel)]
    dots, *_ = data_lines(ax)
    drawn = list(zip(dots.get_xdata(), dots.get_ydata()))
    numbers = [y for name, y in known if y is not None and name != panel["marked"]]
    assert sorted(float(x) for x, _ in drawn) == sorted(numbers)
    assert len(set(drawn)) == len(drawn), "no dot hides another"
    lines = [float(line.get_xdata()[0]) for line in ax.lines if line.get_transform() != ax.transData]
    assert lines == [y for name, y in known if name == panel["marked"]]


COMPARE = {
    "lines": compare_lines,
    "curves": compare_curves,
    "bars": compare_bars,
    "stacked": compare_stacked,
    "points_with_intervals": compare_points,
    "slope": compare_lines,
    "overlaps": compare_overlaps,
    "dots": compare_dots,
    "arms": compare_arms,
    "courses": compare_courses,
    "event_lines": compare_event_lines,
    "digits": compare_digits,
}
