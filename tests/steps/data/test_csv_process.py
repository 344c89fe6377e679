from pathlib import Path
from typing import Any

import pytest
from msgspec import ValidationError

from harness.steps import run_step
from rustchain.catalogue import Catalogue
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown

SALES = "Region, Amount \nEU, 12 \n,\nUS,30\n"


def process(tmp_path: Path, **parameters: Any) -> dict[str, Any]:
    return run_step("csv_process", parameters, tmp_path)


def failure(tmp_path: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        process(tmp_path, **parameters)
    return caught.value


def rows(tmp_path: Path, **parameters: Any) -> list[list[Any]]:
    found = process(tmp_path, **parameters)
    assert found["row_count"] == len(found["records"])
    return [list(record.values()) for record in found["records"]]


def test_the_specifications_statistics_work_as_printed(tmp_path):
    (tmp_path / "data.csv").write_text("name,value\ntest,100")
    found = process(tmp_path, input_file="data.csv", operation="statistics")
    assert found["headers"] == ["name", "value"]
    assert (found["row_count"], found["records"]) == (1, [{"name": "test", "value": "100"}])
    assert found["statistics"]["value"]["mean"] == 100
    assert found["statistics"]["name"]["numbers"] == 0


def test_the_specifications_normalize_and_validate_work_as_printed(tmp_path):
    (tmp_path / "sales_raw.csv").write_text(SALES)
    operations = ["normalize", "validate"]
    found = process(
        tmp_path, input_file="sales_raw.csv", output_file="sales_clean.csv", operations=operations
    )
    assert (tmp_path / "sales_clean.csv").read_bytes() == b"region,amount\nEU,12\nUS,30\n"
    assert (found["output_file"], found["row_count"], found["headers"]) == (
        "sales_clean.csv",
        2,
        ["region", "amount"],
    )


def test_csv_is_read_as_rfc_4180_has_it(tmp_path):
    content = '\ufeffa,b\r\n"1,5","say ""hi"""\r\n\r\n"two\r\nlines",\r\n'
    assert rows(tmp_path, content=content) == [["1,5", 'say "hi"'], ["two\r\nlines", ""]]


def test_another_delimiter_and_encoding_are_read_and_written(tmp_path):
    (tmp_path / "in.csv").write_bytes("name;größe\nJürgen;1,5\n".encode("latin-1"))
    found = process(tmp_path, input_file="in.csv", output_file="out.csv", delimiter=";", encoding="latin-1")
    assert found["records"] == [{"name": "Jürgen", "größe": "1,5"}]
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()


def test_without_headers_columns_are_numbered_and_none_are_written(tmp_path):
    found = process(tmp_path, content="1,2\n3,4\n", has_headers=False, output_file="out.csv")
    assert found["records"] == [{"column_1": "1", "column_2": "2"}, {"column_1": "3", "column_2": "4"}]
    assert (tmp_path / "out.csv").read_text() == "1,2\n3,4\n"


def test_nothing_at_all_has_neither_headers_nor_rows(tmp_path):
    found = process(tmp_path, content="", has_headers=False)
    assert (found["headers"], found["row_count"]) == ([], 0)


def test_records_become_rows_under_all_their_keys(tmp_path):
    records = [{"a": 1, "b": [1, "x"]}, {"c": True, "a": None}]
    found = process(tmp_path, records=records, output_file="out.csv")
    assert found["records"] == [{"a": 1, "b": '[1,"x"]', "c": None}, {"a": None, "b": None, "c": True}]
    assert (tmp_path / "out.csv").read_text() == 'a,b,c\n1,"[1,""x""]",\n,,true\n'


def test_only_the_first_records_are_returned_but_all_are_written(tmp_path):
    content = "n\n" + "".join(f"{n}\n" for n in range(2500))
    found = process(tmp_path, content=content, output_file="out.csv")
    assert (found["row_count"], len(found["records"]), found["truncated"]) == (2500, 1000, True)
    assert (tmp_path / "out.csv").read_text() == content
    found = process(tmp_path, content=content, max_records=2500)
    assert (len(found["records"]), found["truncated"]) == (2500, False)


def test_a_file_can_be_its_own_result(tmp_path):
    (tmp_path / "a.csv").write_text("n\n2\n1\n")
    process(tmp_path, input_file="a.csv", output_file="a.csv", operation={"op": "sort", "by": "n"})
    assert (tmp_path / "a.csv").read_text() == "n\n1\n2\n"


@pytest.mark.parametrize(
    ("source", "target", "idempotent"),
    [("a.csv", "b.csv", True), ("a.csv", "./a.csv", False), ("a.csv", None, True), (None, "a.csv", True)],
)
def test_repeating_is_safe_unless_the_input_is_overwritten(source, target, idempotent):
    given = {"input_file": source, "output_file": target}
    assert Catalogue()["csv_process"].idempotent({k: v for k, v in given.items() if v}) is idempotent
    unknown = {"input_file": Unknown("{{ x }}"), "output_file": "a.csv"}
    assert Catalogue()["csv_process"].idempotent(unknown) is None


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"a,b\n1,2\n3\n", 3, "the number of fields is 1, not 2"),
        (b'a,b\n"1\n2",3\n4,5,6\n', 4, "the number of fields is 3, not 2"),
        (b'a,b\n1,2\n3,"4\n5,6\n', 3, "unexpected end of data"),
        (b'a,b\n1,"2"3\n', 2, "expected after"),
        (b"a,b\n" + b"x" * 131_073 + b",1\n", 2, "larger than field limit"),
        (b"a,b,a\n1,2,3\n", 1, "two columns are called 'a'"),
        (b"", 1, "there is no header line"),
        (b"a\n1\n\xff\n", 1, "not utf-8"),
    ],
)
def test_what_is_wrong_fails_with_its_line_and_writes_nothing(data, line, said, tmp_path):
    (tmp_path / "a.csv").write_bytes(data)
    wrong = failure(tmp_path, input_file="a.csv", output_file="out.csv")
    assert (wrong.kind, wrong.detail) == (Failure.INVALID_DATA, {"line": line})
    assert said in wrong.message
    assert not (tmp_path / "out.csv").exists()


def test_validate_tells_everything_at_once_and_writes_nothing(tmp_path):
    content = "a,,a\n1,2,3\n4,5\n6,7,8,9\n"
    wrong = failure(tmp_path, content=content, operation="validate", output_file="out.csv")
    assert [f["path"] for f in wrong.detail] == ["line 1", "line 3", "line 4", "line 1"]
    assert wrong.message.startswith(
        "the CSV is not valid: 4 errors, the first: line 1: two columns are called 'a'"
    )
    assert not (tmp_path / "out.csv").exists()


def test_validate_sees_rows_that_nothing_after_it_wants(tmp_path):
    operations = ["validate", {"op": "head", "count": 1}]
    assert (
        failure(tmp_path, content="a,b\n1,2\n3,4\n5\n", operations=operations).detail[0]["path"] == "line 4"
    )


def test_statistics_are_about_all_rows_where_they_stand(tmp_path):
    operations = ["statistics", {"op": "head", "count": 1}]
    found = process(tmp_path, content="n\n1\n2\n3\n", operations=operations)
    assert (found["row_count"], found["statistics"]["n"]["count"]) == (1, 3)
    found = process(tmp_path, content="n\n1\n2\n3\n", operations=operations[::-1])
    assert found["statistics"]["n"]["count"] == 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "exactly one of input_file, content, records"),
        ({"content": "a", "records": []}, "exactly one of"),
        ({"content": "a", "operation": "validate", "operations": ["validate"]}, "cannot both"),
        ({"content": "a", "operations": ["statistics", {"op": "statistics"}]}, "gathered once"),
        ({"content": "a", "operation": "sort"}, "operation"),
        ({"content": "a", "operation": {"op": "nonsense"}}, "op"),
        ({"content": "a", "operation": {"op": "sort", "by": "a", "desc": True}}, "desc"),
        ({"content": "a", "operation": {"op": "head", "count": -1}}, "count"),
        (
            {"content": "a", "operation": {"op": "aggregate", "values": {"x": {"op": "sum"}}}},
            "needs a column",
        ),
        ({"content": "a", "delimiter": ";;"}, "delimiter"),
        ({"content": "a", "delimiter": '"'}, "delimiter"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_read(parameters, said, tmp_path):
    with pytest.raises(ValidationError, match=said):
        process(tmp_path, **parameters)


@pytest.mark.parametrize("encoding", ["utf-9", "base64"])
def test_an_unknown_encoding_fails(encoding, tmp_path):
    (tmp_path / "a.csv").write_text("a\n")
    for source in ({"input_file": "a.csv"}, {"content": "a\n"}):
        wrong = failure(tmp_path, **source, encoding=encoding, output_file="out.csv")
        assert wrong.kind is Failure.INVALID_PARAMETERS


def test_what_the_encoding_cannot_write_fails(tmp_path):
    wrong = failure(tmp_path, content="a\n€\n", encoding="latin-1", output_file="out.csv")
    assert (wrong.kind, "'€' cannot be written in latin-1" in wrong.message) == (Failure.INVALID_DATA, True)
    assert not (tmp_path / "out.csv").exists()
