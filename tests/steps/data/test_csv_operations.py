from pathlib import Path
from typing import Any

import pytest
from msgspec import ValidationError

from harness.steps import run_step
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

GOODS = "name,price,day\npen,2,2024-01-05\nink,10,2024-01-03\npad,,2024-01-04\ncap,9.5,\n"


def applied(tmp_path: Path, *operations: Any, content: str = GOODS) -> dict[str, Any]:
    return run_step("csv_process", {"content": content, "operations": list(operations)}, tmp_path)


def column(tmp_path: Path, header: str, *operations: Any, content: str = GOODS) -> list[Any]:
    return [record[header] for record in applied(tmp_path, *operations, content=content)["records"]]


def failure(tmp_path: Path, *operations: Any, content: str = GOODS) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        applied(tmp_path, *operations, content=content)
    return caught.value


def test_normalize_trims_names_and_drops_empty_rows(tmp_path):
    content = " Unit Price (€),name,,Name, \n 1 , a\tb ,,x,\n , ,,,\n"
    found = applied(tmp_path, "normalize", content=content)
    assert found["headers"] == ["unit_price", "name", "column_3", "name_2", "column_5"]
    assert [list(r.values()) for r in found["records"]] == [["1", "a\tb", "", "x", ""]]


def test_select_keeps_columns_in_the_order_named(tmp_path):
    found = applied(tmp_path, {"op": "select", "columns": ["day", "name"]})
    assert found["headers"] == ["day", "name"]
    assert found["records"][0] == {"day": "2024-01-05", "name": "pen"}


def test_rename_gives_columns_other_headers(tmp_path):
    found = applied(tmp_path, {"op": "rename", "columns": {"name": "day", "day": "name"}})
    assert found["headers"] == ["day", "price", "name"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "select", "columns": ["name", "nope"]},
        {"op": "select", "columns": ["name", "name"]},
        {"op": "rename", "columns": {"nope": "x"}},
        {"op": "rename", "columns": {"name": "price"}},
        {"op": "convert", "columns": {"nope": "number"}},
        {"op": "filter", "where": "nope > 1"},
        {"op": "sort", "by": ["name", "nope"]},
        {"op": "dedupe", "by": ["nope"]},
        {"op": "aggregate", "by": ["nope"], "values": {}},
        {"op": "aggregate", "by": ["name"], "values": {"x": {"op": "sum", "column": "nope"}}},
        {"op": "aggregate", "by": ["name"], "values": {"name": {"op": "count"}}},
    ],
)
def test_columns_that_are_not_there_or_there_twice_fail(operation, tmp_path):
    assert failure(tmp_path, operation).kind is Failure.INVALID_PARAMETERS


def test_an_unknown_column_is_told_with_those_there_are(tmp_path):
    assert (
        failure(tmp_path, {"op": "sort", "by": "cost"}).message
        == "no column 'cost'; there are: name, price, day"
    )


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("name == 'ink'", ["ink"]),
        ("price is not none and price > 5", ["ink", "cap"]),
        ("(price or 0) * 2 < 5", ["pen", "pad"]),
        ("day is none", ["cap"]),
        ("row['day'] in ['2024-01-03', '2024-01-04'] and not price is none", ["ink"]),
        ("true", ["pen", "ink", "pad", "cap"]),
    ],
)
def test_filter_keeps_rows_for_which_an_expression_is_true(where, names, tmp_path):
    assert column(tmp_path, "name", {"op": "filter", "where": where}) == names


def test_filter_leaves_cells_as_they_are(tmp_path):
    content = "row,unit price\n1, 07\n2,8\n"
    operation = {"op": "filter", "where": "row == 1"}
    assert applied(tmp_path, operation, content=content)["records"] == [{"row": "1", "unit price": " 07"}]


def test_filter_reads_converted_values(tmp_path):
    operations = [{"op": "convert", "columns": {"ok": "boolean"}}, {"op": "filter", "where": "ok"}]
    assert column(tmp_path, "n", *operations, content="n,ok\n1,no\n2,yes\n") == ["2"]


@pytest.mark.parametrize(
    ("where", "row", "said"),
    [
        ("price > 5", 3, "null"),
        ("name > 5", 1, "a text and a number"),
        ("price", 1, "neither true nor false"),
    ],
)
def test_filter_fails_at_a_row_that_gives_no_answer(where, row, said, tmp_path):
    wrong = failure(tmp_path, {"op": "filter", "where": where})
    assert (wrong.kind, wrong.detail) == (Failure.INVALID_DATA, {"row": row})
    assert said in wrong.message


@pytest.mark.parametrize("where", ["price >", "{{ price", "", "import os", "name.upper() == 'A'"])
def test_filter_refuses_what_is_no_expression(where, tmp_path):
    with pytest.raises(ValidationError):
        applied(tmp_path, {"op": "filter", "where": where})


def test_sort_puts_numbers_by_value_and_what_is_empty_last(tmp_path):
    assert column(tmp_path, "price", {"op": "sort", "by": "price"}) == ["2", "9.5", "10", ""]
    assert column(tmp_path, "price", {"op": "sort", "by": "price", "descending": True}) == [
        "10",
        "9.5",
        "2",
        "",
    ]


def test_sort_keeps_the_order_of_equal_rows(tmp_path):
    content = "k,n\n1,a\n1.0,b\n0,c\n+1,d\n"
    assert column(tmp_path, "n", {"op": "sort", "by": "k"}, content=content) == ["c", "a", "b", "d"]
    descending = {"op": "sort", "by": "k", "descending": True}
    assert column(tmp_path, "n", descending, content=content) == ["a", "b", "d", "c"]


def test_dedupe_keeps_the_first_of_equal_rows(tmp_path):
    content = "k,n\n1,a\n2,b\n1,a\n1,c\n1.0,a\n"
    assert column(tmp_path, "n", "dedupe", content=content) == ["a", "b", "c", "a"]
    assert column(tmp_path, "n", {"op": "dedupe", "by": ["k"]}, content=content) == ["a", "b", "a"]


def test_head_keeps_the_first_rows(tmp_path):
    assert column(tmp_path, "name", {"op": "head", "count": 2}) == ["pen", "ink"]
    assert column(tmp_path, "name", {"op": "head", "count": 0}) == []


def test_convert_reads_texts_as_values(tmp_path):
    content = "i,n,b,s,d\n 7 ,2.50,Yes,x, 2024-02-29\n,,,,\n-1,3,0,1,20240301\n"
    kinds = {"i": "integer", "n": "number", "b": "boolean", "s": "string", "d": "date"}
    found = applied(tmp_path, {"op": "convert", "columns": kinds}, content=content)
    assert [list(r.values()) for r in found["records"]] == [
        [7, 2.5, True, "x", "2024-02-29"],
        [None, None, None, None, None],
        [-1, 3, False, "1", "2024-03-01"],
    ]


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("integer", "1.0"), ("integer", "1_000"), ("number", "nan"), ("number", "1e999"), ("number", "1,5"),
     ("boolean", "2"), ("date", "2024-02-30"), ("date", "29.2.2024")],
)  # fmt: skip
def test_convert_fails_at_a_cell_that_is_something_else(kind, cell, tmp_path):
    wrong = failure(tmp_path, {"op": "convert", "columns": {"a": kind}}, content=f'a\n\n""\n"{cell}"\n')
    assert (wrong.kind, wrong.detail) == (Failure.INVALID_DATA, {"row": 2})
    assert f"'a' holds {cell!r}, which is no {kind}" in wrong.message


def test_aggregate_makes_a_row_of_each_group_in_order(tmp_path):
    content = "shop,day,n\nb,2,1\na,10,0.5\nb,2,\na,9,2\nb,2,4\n"
    values = {
        "rows": {"op": "count"},
        "filled": {"op": "count", "column": "n"},
        "total": {"op": "sum", "column": "n"},
        "mean": {"op": "mean", "column": "n"},
        "least": {"op": "min", "column": "n"},
        "most": {"op": "max", "column": "n"},
    }
    found = applied(tmp_path, {"op": "aggregate", "by": ["shop", "day"], "values": values}, content=content)
    assert found["headers"] == ["shop", "day", *values]
    assert [list(r.values()) for r in found["records"]] == [
        ["a", "9", 1, 1, 2, 2.0, "2", "2"],
        ["a", "10", 1, 1, 0.5, 0.5, "0.5", "0.5"],
        ["b", "2", 3, 2, 5, 2.5, "1", "4"],
    ]


def test_a_group_without_numbers_has_no_sum(tmp_path):
    values = {
        "s": {"op": "sum", "column": "n"},
        "m": {"op": "mean", "column": "n"},
        "x": {"op": "max", "column": "n"},
    }
    found = applied(tmp_path, {"op": "aggregate", "values": values}, content="k,n\n1,\n2,\n")
    assert found["records"] == [{"s": None, "m": None, "x": None}]


def test_least_and_most_may_be_texts(tmp_path):
    values = {"first": {"op": "min", "column": "day"}, "last": {"op": "max", "column": "day"}}
    found = applied(tmp_path, {"op": "aggregate", "values": values})
    assert found["records"] == [{"first": "2024-01-03", "last": "2024-01-05"}]


def test_a_text_cannot_be_summed(tmp_path):
    wrong = failure(tmp_path, {"op": "aggregate", "values": {"x": {"op": "sum", "column": "name"}}})
    assert (wrong.kind, wrong.message) == (
        Failure.INVALID_DATA,
        "column 'name' holds 'pen', which is no number",
    )


def test_operations_follow_one_another(tmp_path):
    operations = [
        {"op": "convert", "columns": {"price": "number"}},
        {"op": "rename", "columns": {"price": "cost"}},
        {"op": "sort", "by": "cost", "descending": True},
        {"op": "head", "count": 2},
        {"op": "select", "columns": ["cost"]},
    ]
    assert applied(tmp_path, *operations)["records"] == [{"cost": 10}, {"cost": 9.5}]
