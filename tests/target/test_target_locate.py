"""The key locator follows TOML's grammar to the line of every key."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from payerproof.target.locate import key_lines, line_of

TEXT = '''\
# a comment with [brackets] and = signs
name = "a # no comment" # a comment
"quoted key" = 1
dotted.inner . deep = true

[endpoints] # table
patient_access = """
[not.a.table]
x = 1"""
literal = \'\'\'
key = "value"\'\'\'\'

[[apps]]
id = 'one'
scopes = [
  "a", # first
  # a whole line
  "b, ] # still b",
  { nested = 1, other = [ 2,
    3 ] },
]

[[apps]]
id = "two \\" = three"

[apps.sub]
key = 2016-01-01

[[apps.list]]
x = 1

[[apps.list]]
x = 2
["a.b".'c d']
y = 1
'''


def test_every_kind_of_key_is_found_on_its_line() -> None:
    lines = key_lines(TEXT)
    expected = {
        ("name",): 2,
        ("quoted key",): 3,
        ("dotted", "inner", "deep"): 4,
        ("endpoints",): 6,
        ("endpoints", "patient_access"): 7,
        ("endpoints", "literal"): 10,
        ("apps",): 13,
        ("apps", 0): 13,
        ("apps", 0, "id"): 14,
        ("apps", 0, "scopes"): 15,
        ("apps", 0, "scopes", 0): 16,
        ("apps", 0, "scopes", 1): 18,
        ("apps", 0, "scopes", 2): 19,
        ("apps", 0, "scopes", 2, "nested"): 19,
        ("apps", 0, "scopes", 2, "other"): 19,
        ("apps", 0, "scopes", 2, "other", 1): 20,
        ("apps", 1): 23,
        ("apps", 1, "id"): 24,
        ("apps", 1, "sub"): 26,
        ("apps", 1, "sub", "key"): 27,
        ("apps", 1, "list", 0, "x"): 30,
        ("apps", 1, "list", 1): 32,
        ("apps", 1, "list", 1, "x"): 33,
        ("a.b", "c d"): 34,
        ("a.b", "c d", "y"): 35,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_every_path_of_the_parsed_text_has_a_line() -> None:
    assert set(_paths(tomllib.loads(TEXT))) == set(key_lines(TEXT))


def test_every_key_of_the_shipped_payer_file_has_a_line() -> None:
    from payerproof.target import payer_file

    text = Path(payer_file("sandbox")).read_text(encoding="utf-8")
    lines = key_lines(text)
    rows = text.splitlines()
    for path in _paths(tomllib.loads(text)):
        assert path in lines
        if isinstance(path[-1], str) and len(path) < 3:
            assert path[-1] in rows[lines[path] - 1]


def test_a_missing_key_gets_the_line_of_its_table() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("apps", 1, "client_id")) == 23
    assert line_of(lines, ("nowhere",)) is None


def test_windows_line_ends_do_not_shift_lines() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n")) == key_lines(TEXT)


_KEYS = st.text("ab-_1", min_size=1, max_size=3)
_SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.text('ab#"[]{}=,\\', max_size=5).map(
        lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
    st.text('ab#"[]{}=,\\', max_size=5).map(lambda s: f"'{s}'"),
    st.text('a#[]="\n', max_size=5).map(lambda s: f"'''\n{s}'''"),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(lambda many: "[\n" + ",\n".join(many) + "\n]"),
    max_leaves=5,
)


@given(st.lists(st.tuples(_KEYS, _VALUES), unique_by=lambda pair: pair[0], max_size=5))
def test_lines_agree_with_the_parser_whatever_the_values(pairs: list[tuple[str, str]]) -> None:
    text, expected = "", {}
    for key, value in pairs:
        expected[key] = text.count("\n") + 1
        text += f"{key} = {value}\n"
    assert set(tomllib.loads(text)) == set(expected)
    lines = key_lines(text)
    assert {key: lines[(key,)] for key in expected} == expected
    assert set(_paths(tomllib.loads(text))) == set(lines)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = [path] if path else []
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        found += _paths(one, (*path, key))
    return found
