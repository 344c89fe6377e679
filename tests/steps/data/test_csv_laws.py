import csv
import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.steps import run_step

ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",;\r\n\t '), max_size=6)
HEADERS = st.lists(TEXTS.filter(bool), min_size=1, max_size=4, unique=True)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, str]]:
    headers = draw(HEADERS)
    return draw(st.lists(st.fixed_dictionaries(dict.fromkeys(headers, TEXTS)), min_size=1, max_size=8))


def records(found: dict[str, Any]) -> list[dict[str, Any]]:
    assert found["row_count"] == len(found["records"])
    return found["records"]


@ONCE
@given(tables(), st.sampled_from(",;\t|"))
def test_records_written_are_records_read(tmp_path, table, delimiter):
    run_step("csv_process", {"records": table, "output_file": "a.csv", "delimiter": delimiter}, tmp_path)
    assert (
        records(run_step("csv_process", {"input_file": "a.csv", "delimiter": delimiter}, tmp_path)) == table
    )


@ONCE
@given(tables())
def test_what_is_written_others_read_alike(tmp_path, table):
    run_step("csv_process", {"records": table, "output_file": "a.csv"}, tmp_path)
    text = (tmp_path / "a.csv").read_bytes().decode()
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == table


@ONCE
@given(tables(), st.data())
def test_select_and_head_are_what_lists_and_slices_are(tmp_path, table, data):
    columns = data.draw(st.lists(st.sampled_from(list(table[0])), unique=True))
    count = data.draw(st.integers(0, 10))
    operations = [{"op": "head", "count": count}, {"op": "select", "columns": columns}]
    expected = [{c: row[c] for c in columns} for row in table[:count]]
    for order in (operations, operations[::-1]):
        assert records(run_step("csv_process", {"records": table, "operations": order}, tmp_path)) == expected


@ONCE
@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(-50, 50), st.integers(0, 20))
def test_filter_and_head_are_what_a_comprehension_does(tmp_path, values, least, count):
    content = "n\n" + "".join(f"{value}\n" for value in values)
    operations = [{"op": "filter", "where": f"n > {least}"}, {"op": "head", "count": count}]
    found = records(run_step("csv_process", {"content": content, "operations": operations}, tmp_path))
    assert [int(r["n"]) for r in found] == [v for v in values if v > least][:count]


@ONCE
@given(tables())
def test_dedupe_is_what_a_dictionary_does(tmp_path, table):
    expected = list({tuple(sorted(row.items())): row for row in table}.values())
    assert (
        records(run_step("csv_process", {"records": table * 2, "operation": "dedupe"}, tmp_path)) == expected
    )


@ONCE
@given(tables())
def test_normalizing_twice_is_normalizing_once(tmp_path, table):
    once = records(run_step("csv_process", {"records": table, "operation": "normalize"}, tmp_path))
    assert records(run_step("csv_process", {"records": once, "operation": "normalize"}, tmp_path)) == once
