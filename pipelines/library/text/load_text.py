from importlib.resources import files
from typing import Annotated, Literal

from pipelines.sdk import Failure, Param, Text, component
from pipelines.sdk.reading import fetch


@component(title="Load text", category="Text", icon="book-open")
def load_text(
    *,
    source: Annotated[
        Literal["pride-and-prejudice", "persuasion", "file"],
        Param(title="Text", help="A bundled novel by Jane Austen, or a file of your own"),
    ] = "pride-and-prejudice",
    path: Annotated[
        str,
        Param(title="File", help="For a file: an upload, a path or a URL", format="file"),
    ] = "",
    encoding: Annotated[
        Literal["utf-8", "latin-1", "cp1252", "utf-16"],
        Param(title="Encoding", help="Of the file; try latin-1 when utf-8 does not fit"),
    ] = "utf-8",
) -> Text:
    """Load a text: one of two bundled novels, or a file.

    The novels are in the public domain: *Pride and Prejudice* (122,000 words) and *Persuasion*
    (83,000 words).

    Returns:
        The whole text.

    Examples:
        A novel:
            params:
                source: pride-and-prejudice
    """
    if source != "file":
        text = files("pipelines.library").joinpath(f"data/{source}.txt").read_text("utf-8")
    else:
        file = fetch(path)
        try:
            text = file.read_text(encoding)
        except UnicodeError as error:
            raise Failure(f"`{file.name}` is not {encoding}; choose another encoding.") from error
    print(f"loaded {len(text):,} characters, {len(text.split()):,} words")
    return Text(text)
