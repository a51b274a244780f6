import base64
import html
import json
from typing import Annotated, NamedTuple

from pipelines.sdk import File, Image, Json, Param, Table, Text, component, new_file

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #101828; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 14px; display: block;
        overflow-x: auto; }
th, td { border-bottom: 1px solid #e4e7ec; padding: 0.35rem 0.75rem; text-align: left; }
th { color: #475467; }
img { max-width: 100%; }
pre { background: #f2f4f7; padding: 1rem; border-radius: 8px; overflow-x: auto; }
.note { color: #475467; }
"""


class Report(NamedTuple):
    """The same report for a browser and as plain text.

    Attributes:
        report: One HTML page with everything in it, pictures too.
        text: The report as Markdown, without the pictures.
    """

    report: File
    text: Text


@component(title="Report", category="Data out", icon="file-text")
def report(
    tables: list[Table] | None = None,
    images: list[Image] | None = None,
    values: list[Json] | None = None,
    *,
    title: Annotated[
        str, Param(title="Title", help="Heading of the report", min_length=1)
    ] = "Report",
    introduction: Annotated[
        str, Param(title="Introduction", help="Text under the heading", format="textarea")
    ] = "",
    rows: Annotated[
        int, Param(title="Rows to show", help="Of each table", minimum=1, maximum=1000)
    ] = 20,
) -> Report:
    """Gather tables, charts and values in one page to read, keep or send.

    Args:
        tables: Tables; the first rows of each are shown.
        images: Charts and other pictures.
        values: Metrics and other values.

    Examples:
        Hot days and a chart:
            inputs:
                tables: [table of core/sort]
                images: [image of core/chart]
                values: [summary of core/describe]
            params:
                title: Seattle's hottest days
                introduction: Ten days to stay inside.
    """
    page = [f"<h1>{html.escape(title)}</h1>"]
    text = [f"# {title}"]
    if introduction:
        page += [f"<p>{html.escape(paragraph)}</p>" for paragraph in introduction.split("\n\n")]
        text.append(introduction)
    for value in values or []:
        if isinstance(value, dict):
            cells = "".join(
                f"<tr><th>{html.escape(str(key))}</th><td>{html.escape(_shown(item))}</td></tr>"
                for key, item in value.items()
            )
            page.append(f"<table>{cells}</table>")
            text.append("\n".join(f"- {key}: {_shown(item)}" for key, item in value.items()))
        else:
            page.append(f"<pre>{html.escape(_shown(value))}</pre>")
            text.append(_shown(value))
    for image in images or []:
        data = base64.b64encode(image.path.read_bytes()).decode()
        page.append(
            f'<p><img alt="{html.escape(image.name)}" src="data:image/png;base64,{data}"></p>'
        )
    for table in tables or []:
        count = table.rows
        first = table.to_arrow().slice(0, rows).to_pylist()
        names = table.columns
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(_shown(row[name]))}</td>" for name in names)
            + "</tr>"
            for row in first
        )
        note = f"{len(first):,} of {count:,} rows"
        page.append(f"<table><tr>{head}</tr>{body}</table><p class=note>{note}</p>")
        text.append(
            "\n".join(
                [
                    "| " + " | ".join(names) + " |",
                    "|" + " --- |" * len(names),
                    *(
                        "| " + " | ".join(_shown(row[name]) for name in names) + " |"
                        for row in first
                    ),
                    f"\n{note}",
                ]
            )
        )
    path = new_file("report.html")
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{STYLE}</style><body>{''.join(page)}</body></html>",
        encoding="utf-8",
    )
    markdown = "\n\n".join(text)
    print(markdown)
    return Report(report=File(path, media_type="text/html"), text=Text(markdown))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
