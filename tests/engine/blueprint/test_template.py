"""The template language: what it can do, what it refuses, and its bounds."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint.template import TemplateError, compiled, names_in, names_in_expression, render, truth, value

VALUES: dict[str, Any] = {
    "name": "Ryan",
    "n": 3,
    "half": 2.5,
    "yes": True,
    "empty": [],
    "notes": ["buy figs", "call Ada"],
    "record": {"city": "Bergen", "tags": ["a", "b"]},
    "rows": [{"id": 1, "text": "one"}, {"id": 2, "text": "two"}],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain { text } 100%", "plain { text } 100%"),
        ("Hello {{ name }}!", "Hello Ryan!"),
        ("{{ notes }}", "- buy figs\n- call Ada"),
        ("{{ record }}", "city: Bergen\ntags:\n  - a\n  - b"),
        ("{{ yes }} {{ nothing }}{{ half }}", "yes 2.5"),
        ("{% for note in notes %}- {{ note }}\n{% endfor %}", "- buy figs\n- call Ada\n"),
        ("{% for n in notes %}{{ loop.index }}{{ loop.last }} {% endfor %}{{ n }}", "1no 2yes 3"),
        ("{% for a in empty %}x{% else %}none{% endfor %}", "none"),
        ("{% for n in notes if 'figs' in n %}{{ loop.length }}{{ n }}{% endfor %}", "1buy figs"),
        ("{% for k, v in record|items %}{{ k }} {% endfor %}", "city tags "),
        ("{% for k in record %}{{ k }} {% endfor %}", "city tags "),
        ("{% if n > 2 %}many{% elif n %}some{% else %}none{% endif %}", "many"),
        ("{% if empty is empty and notes is not empty %}ok{% endif %}", "ok"),
        ("{{ record.city }} {{ record['city'] }} {{ notes[0] }} {{ notes[-1] }}", "Bergen Bergen buy figs call Ada"),
        ("{{ notes[:1] }}|{{ name[1:3] }}", "- buy figs|ya"),
        ("{{ n + 1 }} {{ n * 2 }} {{ n / 2 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 5 }} {{ -n }}", "4 6 1.5 3 3 32 -3"),
        ("{{ name ~ n }} {{ 'a' + 'b' }} {{ [1] + [2] }}", "Ryan3 ab - 1\n- 2"),
        ("{{ 'yes' if n else 'no' }}{{ 'x' if empty }}", "yes"),
        ("{{ missing|default('none') }} {{ empty|default('e') }} {{ missing is defined }}", "none e no"),
        (
            "{{ notes|length }} {{ notes|join('; ') }} {{ notes|first }} {{ notes|last }}",
            "2 buy figs; call Ada buy figs call Ada",
        ),
        ("{{ notes|first(1) }}{{ notes|last(0) }}{{ notes|numbered }}", "- buy figs1. buy figs\n2. call Ada"),
        ("{{ rows|map('text')|join(',') }} {{ [3,1,2]|sort|join }} {{ [1,2]|reverse }}", "one,two 1, 2, 3 - 2\n- 1"),
        (
            "{{ name|upper|lower|title|capitalize|trim }} {{ name|replace('R','B') }} {{ name|truncate(2) }}",
            "Ryan Byan Ry…",
        ),
        (
            "{{ 2.567|round(1) }} {{ 2.5|round }} {{ '7'|int }} {{ 'x'|int }} {{ '1.5'|float }} {{ (-3)|abs }}",
            "2.6 2 7 0 1.5 3",
        ),
        ("{{ [1,2,2]|unique|sum }} {{ [4,9]|max }} {{ [4,9]|min }} {{ 'a b'|wordcount }}", "3 9 4 2"),
        ("{{ record|tojson }}", '{"city": "Bergen", "tags": ["a", "b"]}'),
        ("{{ {'a': 1} }} {{ n is odd }} {{ n is number }} {{ name is startingwith('Ry') }}", "a: 1 yes yes yes"),
        ("a{# note #}b {% raw %}{{ x }}{% endraw %}", "ab {{ x }}"),
        ("{%- if n %}  x{% endif -%}  y", "  xy"),
    ],
)
def test_it_renders(source: str, expected: str) -> None:
    assert render(source, VALUES) == expected


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ nope }}", "There is no variable called “nope”"),
        ("ok\n{{ nope }}", "Line 2"),
        ("{{ name", "ends in the middle"),
        ("{{ }}", "nothing between"),
        ("{% for x in notes %}", "before a"),
        ("{% set a = 1 %}", "only if and for"),
        ("{% include 'x' %}", "only if and for"),
        ("{% macro a() %}{% endmacro %}", "only if and for"),
        ("{% block a %}{% endblock %}", "only if and for"),
        ("{{ name.__class__ }}", "has no field"),
        ("{{ ''['__class__'] }}", "has no field"),
        ("{{ record.__class__ }}", "no field"),
        ("{{ name.upper() }}", "cannot be called"),
        ("{{ range(10) }}", "cannot be called"),
        ("{{ name|attr('x') }}", "no filter called"),
        ("{{ notes|map(attribute='x')|list|pprint }}", "no filter called"),
        ("{{ n is sameas(3) }}", "no test called"),
        ("{{ 'x' * 200000000 }}", "Only numbers can be multiplied"),
        ("{{ notes * 9 }}", "Only numbers can be multiplied"),
        ("{{ '%99999999d' % 1 }}", "Only numbers"),
        ("{{ 9 ** 9 ** 9 }}", "too large"),
        ("{{ 2 ** 0.5 ** -99999 }}", "too large"),
        ("{{ 10 ** 15 * 10 ** 15 }}", "too large"),
        ("{{ (-1) ** 0.5 }}", "no result"),
        ("{{ n / 0 }}", "divided by 0"),
        ("{{ 'a' + 1 }}", "join texts with ~"),
        ("{{ -name }}", "not a number"),
        ("{{ n < name }}", "cannot be compared"),
        ("{{ 'a' in n }}", "Nothing can be inside"),
        ("{{ notes[9] }}", "no item 9"),
        ("{{ n.x }}", "has no field"),
        ("{{ n[1:] }}", "Only a part of a text or a list"),
        ("{% for a in n %}{% endfor %}", "Only a list can be repeated"),
        ("{% for a, b in notes %}{% endfor %}", "not made of 2"),
        ("{% for a.b in notes %}{% endfor %}", "cannot be understood"),
        ("{% for x in notes recursive %}{% endfor %}", "recursive"),
        ("{% for a in notes %}" * 6 + "{% endfor %}" * 6, "Loops can stand at most"),
        ("{{ n|length }}", "does not go with the filter"),
        ("{{ name|items }}", "does not go with the filter"),
        ("{{ name|round }}", "is not a number"),
        ("{{ name is odd }}", "is not a number"),
        ("{{ name|replace }}", "does not go with the filter"),
        ("{{ name|join(*notes) }}", "with a star"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("{{ 1" + "+1" * 5000 + " }}", "nested too deeply"),
        ("{{ " + "9" * 6000 + " }}", "too long"),
        ("x" * 200_001, "longer than 200,000"),
        ("{{ n }}" * 10_000, "at most 60,000"),
    ],
)
def test_it_refuses_with_a_plain_sentence(source: str, words: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(source, VALUES)
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value) and "jinja" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{{ 'x' * 200000000 }}", {}),
        (
            "{% for a in l %}{% for b in l %}{% for c in l %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
            {"l": [1] * 2000},
        ),
        ("{{ x|replace('a', x) }}", {"x": "a" * 300_000}),
        ("{{ l|join(x) }}", {"l": [1] * 40_000, "x": "y" * 1000}),
        ("{% for a in l %}{{ x|upper }}{% endfor %}", {"l": [1] * 40_000, "x": "y" * 300_000}),
        ("{% for a in [x ~ x] %}{% for b in [a ~ a] %}{{ b ~ b }}{% endfor %}{% endfor %}", {"x": "y" * 200_000}),
        ("{% for a in l %}{{ l|tojson }}{% endfor %}", {"l": list(range(20_000))}),
        ("{{ l }}", {"l": ["y" * 100_000] * 100}),
        ("{% for a in l if l|sort == l|sort %}{% endfor %}", {"l": list(range(30_000))}),
    ],
)
def test_nothing_takes_long_or_grows_large(source: str, values: dict[str, Any]) -> None:
    start = time.process_time()
    with pytest.raises(TemplateError):
        render(source, values)
    assert time.process_time() - start < 5


def test_a_value_keeps_its_type_where_it_stands_alone() -> None:
    assert value("{{ notes }}", VALUES) == ["buy figs", "call Ada"]
    assert value(" {{ n }} ", VALUES) == 3
    assert value("{{ n }} notes", VALUES) == "3 notes"
    assert value("{{ record.tags[0] }}", VALUES) == "a"
    assert value("text", VALUES) == "text"
    assert value([1], VALUES) == [1] and value(None, VALUES) is None


def test_what_stands_in_a_value_is_never_a_template() -> None:
    assert render("{{ x }}", {"x": "{{ secret }}", "secret": "no"}) == "{{ secret }}"
    assert value("{{ x }}", {"x": "{{ secret }}"}) == "{{ secret }}"


def test_names_are_those_that_come_from_outside() -> None:
    assert names_in("{% for n in notes %}{{ n }}{{ loop.index }}{{ other|length }}{% endfor %}{{ n }}") == {
        "notes",
        "other",
        "n",
    }
    assert names_in("none {{ 1 }}") == frozenset()
    assert names_in_expression("a > 3 and b is not empty") == {"a", "b"}


def test_the_same_text_is_read_once() -> None:
    assert compiled("{{ a }} b") is compiled("{{ a }} b")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n > 2", True),
        ("not notes", False),
        ("notes is not empty and yes", True),
        ("{{ yes }}", True),
        ("'figs' in notes[0]", True),
    ],
)
def test_expressions_are_true_or_not(expression: str, expected: bool) -> None:
    assert truth(expression, VALUES) is expected


@pytest.mark.parametrize("expression", ["", "a b", "}} {{ 1", "1 }}{{ 2", "{% if 1 %}", "x = 1", "y" * 6000, "1 #}"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(TemplateError):
        truth(expression, VALUES)


@given(st.text(alphabet="{}%#-|.()[]'\"~+*/<>=!, \nabnotes01inforelsedif", max_size=60))
def test_any_text_renders_or_is_refused(source: str) -> None:
    for text in (source, "{{ " + source + " }}", "{% " + source + " %}"):
        with contextlib.suppress(TemplateError):
            assert isinstance(render(text, VALUES), str)
