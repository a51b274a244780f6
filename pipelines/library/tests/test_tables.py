"""Components on tables: right rows out of real data, readable words when something is wrong."""

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.library import Examples, sample_files, specs
from tests.support.steps import StepRun
from tests.support.web import Web

WEATHER = "table of core/dataset(name=seattle_weather)"


def frame(made: StepRun, port: str = "table") -> pd.DataFrame:
    assert made.code == 0, made.error or made.stderr
    return pq.read_table(made.outputs[port]["path"]).to_pandas()


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return pd.read_csv(BytesIO(sample_files()["weather.csv"]), parse_dates=["date"])


@pytest.mark.parametrize(
    ("name", "params", "rows"),
    [
        ("core/read_csv", {"path": "weather.csv", "dates": ["date"]}, 1461),
        ("core/read_csv", {"path": "weather.tsv"}, 1461),
        ("core/read_csv", {"path": "weather.csv", "limit": 10, "separator": ","}, 10),
        ("core/read_jsonl", {"path": "weather.jsonl"}, 1461),
        ("core/read_parquet", {"path": "weather.parquet", "columns": []}, 1461),
        ("core/read_excel", {"path": "weather.xlsx", "sheet": ""}, 200),
    ],
)
def test_the_same_data_from_every_format(
    examples: Examples, weather: pd.DataFrame, name: str, params: dict[str, Any], rows: int
) -> None:
    read = frame(examples.run(name, params=params))
    assert list(read.columns) == list(weather.columns)
    assert len(read) == rows
    assert read["temp_max"].tolist() == weather["temp_max"].tolist()[:rows]


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("core/read_csv", {"path": "nowhere.csv"}, "There is no file `nowhere.csv`"),
        ("core/read_csv", {"path": "/"}, "is a folder"),
        ("core/read_csv", {"path": "ftp://x/y.csv"}, "`ftp://` cannot be read here"),
        ("core/read_csv", {"path": "weather.csv", "dates": ["day"]}, "There is no column ['day']"),
        ("core/read_csv", {"path": "weather.csv", "dates": ["weather"]}, "not all dates"),
        ("core/read_csv", {"path": "weather.xlsx"}, "is an Excel workbook"),
        ("core/read_csv", {"path": "weather.parquet"}, "is not text"),
        ("core/read_csv", {"path": "weather.csv", "encoding": "utf-16"}, "choose another encoding"),
        ("core/read_excel", {"path": "weather.csv"}, "is not an .xlsx workbook"),
        ("core/read_excel", {"sheet": "nope"}, "its sheets are ['weather']"),
        ("core/read_parquet", {"path": "weather.csv"}, "is not a Parquet file"),
        ("core/read_parquet", {"columns": ["x"]}, "has no column ['x']"),
        ("core/read_jsonl", {"path": "weather.csv"}, "line 1: not JSON"),
    ],
)
def test_reading_what_is_not_there(
    examples: Examples, name: str, params: dict[str, Any], says: str
) -> None:
    made = examples.run(name, params=params)
    assert made.code == 1
    assert made.error is not None
    assert says in made.error["message"]
    assert made.error["traceback"] == ""


@pytest.mark.parametrize(
    ("name", "file", "compress"),
    [
        ("core/read_csv", "weather.csv", True),
        ("core/read_jsonl", "weather.jsonl", True),
        ("core/read_excel", "weather.xlsx", False),
        ("core/read_parquet", "weather.parquet", False),
    ],
)
def test_an_upload_has_no_file_name(
    examples: Examples, tmp_path: Path, name: str, file: str, compress: bool
) -> None:
    content = sample_files()[file]
    upload = tmp_path / "9f86d081884c7d65"
    upload.write_bytes(gzip.compress(content) if compress else content)
    assert len(frame(examples.run(name, params={"path": str(upload)}))) >= 200


@pytest.mark.parametrize(
    ("content", "columns", "first"),
    [
        ("\ufeffname,n\nä,1\n".encode(), ["name", "n"], ["ä", 1]),
        ("name\tn\nČ,x\t1\n".encode("utf-16"), ["name", "n"], ["Č,x", 1]),
        ("name;€\nÄ;1,5\nB;2\n".encode("cp1252"), ["name", "€"], ["Ä", "1,5"]),
        (b"temperature\n12\n", ["temperature"], [12]),
        (b'who,says\nAnn,"a;b;c\n;d"\nBen,e\n', ["who", "says"], ["Ann", "a;b;c\n;d"]),
        (b"a b|c\nhello there|1\n", ["a b", "c"], ["hello there", 1]),
    ],
    ids=["utf-8 of Excel", "utf-16", "cp1252", "one column", "quoted", "bars"],
)
def test_the_form_of_a_csv_is_found_out(
    examples: Examples, tmp_path: Path, content: bytes, columns: list[str], first: list[Any]
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    read = frame(examples.run("core/read_csv", params={"path": str(file), "dates": []}))
    assert list(read.columns) == columns
    assert read.iloc[0].tolist() == first


def test_an_empty_csv_is_said_to_be_empty(examples: Examples, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("")
    made = examples.run("core/read_csv", params={"path": str(tmp_path / "file.csv"), "dates": []})
    assert made.error is not None
    assert made.error["message"] == "`file.csv` is empty."


def test_reading_from_a_url(examples: Examples, web: Web) -> None:
    web.answers["/files/weather.csv"] = (200, "text/csv", sample_files()["weather.csv"])
    web.answers["/gone.csv"] = (404, "text/plain", b"no")
    url = web.url("/files/weather.csv?sig=1")
    assert len(frame(examples.run("core/read_csv", params={"path": url, "dates": []}))) == 1461
    made = examples.run("core/read_csv", params={"path": web.url("/gone.csv")})
    assert made.error is not None
    assert "answered 404 Not Found" in made.error["message"]


def test_transforming(examples: Examples, weather: pd.DataFrame) -> None:
    rain = weather[(weather.precipitation > 0) & weather.weather.isin(["rain", "drizzle"])]
    assert len(frame(examples.run("core/filter"))) == len(rain)
    span = frame(examples.run("core/derive"))
    assert span["span"].tolist() == (weather.temp_max - weather.temp_min).round(1).tolist()
    replaced = frame(
        examples.run("core/derive", params={"column": "wind", "expression": "wind * 2"})
    )
    assert list(replaced.columns) == list(weather.columns)
    groups = frame(examples.run("core/group")).set_index("weather")
    assert groups["days"].to_dict() == weather.groupby("weather").size().to_dict()
    assert groups["rain"].sum() == pytest.approx(weather.precipitation.sum(), abs=0.5)
    hot = frame(examples.run("core/sort"))
    assert hot["temp_max"].tolist() == weather.temp_max.nlargest(10).tolist()
    assert list(frame(examples.run("core/select")).columns) == ["date", "warmest"]
    first = frame(examples.run("core/drop_duplicates"))
    assert (
        first["date"].tolist()
        == weather.groupby("weather")["date"].min().sort_values().dt.date.tolist()
    )
    assert len(frame(examples.run("core/sample"))) == 146


def test_integer_sums_stay_integers(examples: Examples) -> None:
    made = examples.run("core/sql", params={"query": "SELECT sum(1) AS days FROM t1"})
    assert made.outputs["table"]["facts"]["columns"] == [{"name": "days", "type": "int64"}]


@pytest.mark.parametrize(
    ("how", "rows"), [("inner", 3), ("left", 4), ("right", 4), ("outer", 5), ("only_left", 2)]
)
def test_joining(examples: Examples, tmp_path: Path, how: str, rows: int) -> None:
    left, right = tmp_path / "l.parquet", tmp_path / "r.parquet"
    pd.DataFrame({"k": [1, 2, 3], "v": ["a", "b", "c"]}).to_parquet(left)
    pd.DataFrame({"k": [1, 1, 9], "v": ["x", "y", "z"]}).to_parquet(right)
    rows = {"inner": 2, "left": 4, "right": 3, "outer": 5, "only_left": 2}[how]
    made = examples.run(
        "core/join",
        params={"keys": ["k"], "how": how},
        inputs={
            "left": {"path": str(left), "type": "table", "name": "l"},
            "right": {"path": str(right), "type": "table", "name": "r"},
        },
    )
    joined = frame(made)
    assert len(joined) == rows
    assert list(joined.columns) == (["k", "v"] if how == "only_left" else ["k", "v", "v_right"])
    assert joined["k"].notna().all()


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        (
            "core/filter", {"condition": "rainfall > 1"},
            "There is no column `rainfall`. The columns are `date`, `precipitation`, `temp_max`",
        ),
        ("core/filter", {"condition": "temp_max >"}, "the expression is not complete"),
        ("core/filter", {"condition": "weather > 3"}, "Cannot compare values of type text and type integer"),
        ("core/derive", {"expression": "sqroot(wind)"}, "sqroot"),
        ("core/sql", {"query": "SELECT * FROM weather"}, "The tables here are `t1`."),
        ("core/sql", {"query": "SELECT * FROM read_csv('/etc/passwd')"}, "cannot read or write files"),
        ("core/sql", {"query": "COPY t1 TO '/tmp/x.csv'"}, "cannot read or write files"),
        ("core/sql", {"query": "INSTALL httpfs"}, "cannot read or write files"),
        ("core/sql", {"query": "SELECT 1; SELECT 2"}, "Write one SQL query; here are 2."),
        ("core/sql", {"query": "SET lock_configuration = false"}, "locked"),
        ("core/select", {"columns": ["a", "date"]}, "The table has no column `a`."),
        ("core/select", {"rename": {"wind": "date"}, "columns": []}, "named `date`"),
        ("core/sort", {"by": ["heat"]}, "The table has no column `heat`"),
        ("core/join", {"keys": ["date"]}, "The right table has no column `date`"),
        ("core/sample", {"rows": 3, "fraction": 0.5}, "one of the two"),
        ("core/chart", {"x": "date", "kind": "bar"}, "too many for bars"),
        ("core/chart", {"y": ["weather"]}, "`weather` is not a number"),
        ("core/check_rows", {"rule": "temp_max < 30"}, "rows break the rule"),
        ("core/fill_missing", {"columns": ["weather"]}, "`weather` is not a number"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(
    examples: Examples, name: str, params: dict[str, Any], says: str
) -> None:
    made = examples.run(name, params=params)
    assert made.code == 1
    assert made.error is not None
    assert says in made.error["message"]


def test_filling_missing_values(examples: Examples, tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    pd.DataFrame({"n": [1.0, None, 3.0, 8.0], "t": ["a", None, "a", "b"]}).to_parquet(path)
    table = {"path": str(path), "type": "table", "name": "gaps"}
    for method, numbers, texts in (
        ("median", [1, 3, 3, 8], ["a", None, "a", "b"]),
        ("most_frequent", [1, 1, 3, 8], ["a", "a", "a", "b"]),
        ("previous", [1, 1, 3, 8], ["a", "a", "a", "b"]),
        ("next", [1, 3, 3, 8], ["a", "a", "a", "b"]),
    ):
        made = frame(
            examples.run("core/fill_missing", params={"method": method}, inputs={"table": table})
        )
        assert made["n"].tolist() == numbers, method
        assert [None if pd.isna(t) else t for t in made["t"]] == texts, method
    dropped = examples.run("core/drop_missing", params={"columns": []}, inputs={"table": table})
    assert dropped.outputs["table"]["facts"]["rows"] == 3


def test_checking_may_only_report(examples: Examples, weather: pd.DataFrame) -> None:
    made = examples.run("core/check_rows", params={"rule": "temp_max < 30", "otherwise": "report"})
    assert made.outputs["ok"] is False
    assert made.outputs["violations"] == (weather.temp_max >= 30).sum() > 0
    assert made.outputs["table"]["facts"]["rows"] == 1461


def test_files_go_out_in_every_format(examples: Examples) -> None:
    csv = examples.run("core/write_csv").outputs["file"]
    assert Path(csv["path"]).read_text().startswith("sepal_length_cm;sepal_width_cm")
    assert (csv["name"], csv["media_type"]) == ("irises.csv", "text/csv")
    excel = examples.run("core/write_excel").outputs["file"]
    assert len(pd.read_excel(excel["path"], sheet_name="irises")) == 150
    parquet = examples.run("core/write_parquet").outputs["file"]
    assert pq.read_metadata(parquet["path"]).num_rows == 150


def test_charts_are_pictures_with_their_data(examples: Examples) -> None:
    for number in range(len(specs()["core/chart"].examples)):
        made = examples.run("core/chart", number)
        image = Path(made.outputs["image"]["path"])
        assert image.read_bytes().startswith(b"\x89PNG")
        assert made.outputs["image"]["facts"] == {"width": 1080, "height": 648}
        assert len(frame(made)) > 0


def test_a_report_holds_everything_and_escapes_it(examples: Examples) -> None:
    made = examples.run("core/report", params={"title": "<b>Heat</b>"})
    page = Path(made.outputs["report"]["path"]).read_text()
    assert "<h1>&lt;b&gt;Heat&lt;/b&gt;</h1>" in page
    assert "data:image/png;base64," in page
    assert "| date |" in made.outputs["text"]
