"""Words by which inputs are recognised stand in the TOML files of ``layers/``, where a planner may add one.

In Python of ``layers/`` a Chinese word may only speak to the planner (``say``, ``why``, ``fix``) or name a column of
our own templates (``column``); how numbers, degrees and days are written is grammar and stands in the files named here.
"""

import ast
import re
from pathlib import Path

import pytest

import layers

ROOM = Path(layers.__file__).parent
HAN = re.compile("[\u3400-\u9fff]")
SPEAKS = {"why", "fix", "column"}
GRAMMAR = {"typed/characters.py", "typed/numbers.py", "typed/coordinates.py", "typed/days.py"}
NAMES_OF_OURS = {("placing/to_locate.py", "待定位小区")}
"""The sheet that the program writes itself."""


def spoken(tree):
    """Constants that nobody compares with an input: parts of messages, docstrings and notes below a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "say":
                yield from ast.walk(node)
            yield from (part for one in node.keywords if one.arg in SPEAKS for part in ast.walk(one.value))


def recognised(source):
    """The Chinese texts of a module that are no message."""
    tree = ast.parse(source)
    said = {id(node) for node in spoken(tree)}
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and HAN.search(node.value) and id(node) not in said]


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOM)))
def test_no_word_by_which_inputs_are_recognised_stands_in_python(path):
    name = path.relative_to(ROOM).as_posix()
    found = [text for text in recognised(path.read_text("utf-8")) if (name, text) not in NAMES_OF_OURS]
    assert name in GRAMMAR or found == [], "move the words to layers/*.toml"


def test_what_is_allowed_is_there_and_needed():
    for name in GRAMMAR:
        assert recognised((ROOM / name).read_text("utf-8")), name
    for name, text in NAMES_OF_OURS:
        assert text in recognised((ROOM / name).read_text("utf-8"))


@pytest.mark.parametrize(("source", "words"), [
    ('"""苑"""\nX = 1\n"""坊"""', []), ('say("写 {a}", a=1)', []), ("f(why='没有', fix=say('补 {b}', b=2))", []),
    ('COURTS = frozenset("苑坊")', ["苑坊"]), ('re.compile(f"(?:{x}|街道)$")', ["|街道)$"]),
    ('f(name.endswith("区"))', ["区"]),
    ('say("a") if header == "户数" else f(value="户")', ["户数", "户"])])
def test_messages_are_told_from_words_to_recognise(source, words):
    assert sorted(recognised(source)) == sorted(words)
