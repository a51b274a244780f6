"""Reading CEL source far enough to see what it looks at. The CEL library keeps its tree to itself."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

#: Known everywhere, so that no variable of a loop may hide them.
COMMON_ROOTS = ("params", "nodes", "run")
#: Known in one place each: what a branch or an approval got; the element of a list that a mapped
#: node runs for; a round's outputs and number, for the condition of a loop.
PLACE_ROOTS = ("inputs", "each", "outputs", "round")
ROOTS = COMMON_ROOTS + PLACE_ROOTS
_LOOPS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
_RESERVED = frozenset({"true", "false", "null", "in"})

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<raw>(?:[bB]?[rR]|[rR][bB])(?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*'))
    |(?P<string>[bB]?(?:\"\"\"(?:\\.|.)*?\"\"\"|'''(?:\\.|.)*?'''
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<mark>.)""",
    re.X | re.S,
)
_SIMPLE = re.compile(r"^\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)\s*$")


class Token(NamedTuple):
    kind: str
    text: str
    end: int


@dataclass(frozen=True)
class Reference:
    """One thing that an expression looks at.

    `params.x` is root `params`, name `x`; `nodes.a.outputs.p` is root `nodes`, name `a`,
    attribute `outputs`, port `p`. A part that is not written out is None.
    """

    root: str
    name: str | None = None
    attribute: str | None = None
    port: str | None = None

    def __str__(self) -> str:
        parts = (self.root, self.name, self.attribute, self.port)
        return ".".join(part for part in parts if part is not None)


class Part(NamedTuple):
    """A piece of a template: text as it is, or the inside of one `${{ }}`."""

    text: str
    is_expression: bool


def simple_path(expression: str) -> tuple[str, ...] | None:
    """`nodes.a.outputs.p` as a tuple, None for everything that is more than a dotted path."""
    found = _SIMPLE.match(expression)
    if found is None:
        return None
    path = tuple(found[1].split("."))
    return None if _RESERVED.intersection(path) else path


@lru_cache(maxsize=1024)
def _tokens(expression: str) -> tuple[Token, ...]:
    return tuple(
        Token(str(found.lastgroup), found[0], found.end())
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "space"
    )


def split_template(text: str) -> list[Part]:
    """`a ${{ x }} b` in its parts. Quotes and braces inside an expression are understood.

    Raises ValueError where a `${{` is never closed.
    """
    parts: list[Part] = []
    position = 0
    while (start := text.find("${{", position)) >= 0:
        if start > position:
            parts.append(Part(text[position:start], False))
        end = _closing(text, start + 3)
        if end is None:
            raise ValueError(
                f"`{text[start : start + 40]}` opens with `${{{{` and is never closed; add `}}}}`"
            )
        parts.append(Part(text[start + 3 : end].strip(), True))
        position = end + 2
    if position < len(text):
        parts.append(Part(text[position:], False))
    return parts


def _closing(text: str, start: int) -> int | None:
    """Where the `}}` that ends the expression stands; `{'a': {'b': 1}}` does not end it."""
    depth = 0
    position = start
    while found := _TOKEN.match(text, position):
        mark = found[0] if found.lastgroup == "mark" else ""
        if mark == "{":
            depth += 1
        elif mark == "}" and depth:
            depth -= 1
        elif mark == "}" and text.startswith("}}", position):
            return position
        position = found.end()
    return None


def find_references(expression: str, *, inside_loops: bool = False) -> list[Reference]:
    """See `expressions.references`. `inside_loops` asks only for what every turn looks at again."""
    path = simple_path(expression)
    if path is not None:
        return [_reference(list(path))] if path[0] in ROOTS and not inside_loops else []
    tokens = _tokens(expression)
    depths = _loop_depths(tokens)
    roots = set(ROOTS) - _loop_variables(tokens)
    found: dict[Reference, None] = {}
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text in roots and not _is_member(tokens, index):
            if inside_loops and not depths[index]:
                continue
            found[_reference([token.text, *_selectors(tokens, index + 1)])] = None
    return list(found)


def _is_member(tokens: tuple[Token, ...], index: int) -> bool:
    return index > 0 and tokens[index - 1].text == "."


def _selectors(tokens: tuple[Token, ...], index: int) -> list[str]:
    """The constant keys behind a name: `.a`, `['a']`. Stops at a call and at a computed key."""
    keys: list[str] = []
    while index + 1 < len(tokens):
        if tokens[index].text == "." and tokens[index + 1].kind == "name":
            if index + 2 < len(tokens) and tokens[index + 2].text == "(":
                break
            keys.append(tokens[index + 1].text)
            index += 2
        elif (
            tokens[index].text == "["
            and tokens[index + 1].kind == "string"
            and "\\" not in tokens[index + 1].text
            and index + 2 < len(tokens)
            and tokens[index + 2].text == "]"
        ):
            keys.append(tokens[index + 1].text.strip("\"'"))
            index += 3
        else:
            break
    return keys


def _reference(path: list[str]) -> Reference:
    root, name, attribute, port = ([*path, None, None, None])[:4]
    assert root is not None
    if root != "nodes":
        return Reference(root, name)
    return Reference(root, name, attribute, port if attribute == "outputs" else None)


def unknown_names(expression: str) -> list[str]:
    """Names that are neither a root such as `params` nor the variable of a loop around them.

    A loop variable that hides a root is unknown too: nobody could tell them apart.
    """
    tokens = _tokens(expression)
    bound = _loop_variables(tokens)
    hidden = [root for root in COMMON_ROOTS if root in bound]
    return hidden + [
        token.text
        for index, token in enumerate(tokens)
        if token.kind == "name"
        and token.text not in ROOTS
        and token.text not in bound
        and token.text not in _RESERVED
        and not _is_member(tokens, index)
        and not (index + 1 < len(tokens) and tokens[index + 1].text == "(")
    ]


def _loop_variables(tokens: tuple[Token, ...]) -> set[str]:
    return {
        tokens[index + 2].text
        for index, token in enumerate(tokens[:-2])
        if token.text in _LOOPS and _is_member(tokens, index) and tokens[index + 1].text == "("
    }


def loop_depth(expression: str) -> int:
    """How deep `map`, `filter`, `all` and `exists` are nested in one another."""
    return max(_loop_depths(_tokens(expression)), default=0)


def _loop_depths(tokens: tuple[Token, ...]) -> list[int]:
    """For each token the number of loops that it is inside of."""
    depth = 0
    depths: list[int] = []
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        if token.text == "(":
            opened.append(
                index > 1 and tokens[index - 1].text in _LOOPS and _is_member(tokens, index - 1)
            )
            depth += opened[-1]
        elif token.text == ")" and opened:
            depth -= opened.pop()
        depths.append(depth)
    return depths
