"""The plugins that come along keep the rules of strangers."""

from __future__ import annotations

import pytest

from sleuth.testing.checking import check
from sleuth.testing.finding import find


@pytest.mark.parametrize(
    ("name", "not_implemented"),
    [("example", {"C901", "C902", "C903", "C904", "C905"}), ("sentry", {"C904", "C905"})],
)
def test_a_bundled_plugin_keeps_every_rule_of_what_it_implements(
    name: str, not_implemented: set[str]
) -> None:
    outcomes = list(check(find(name)))
    assert [(each.rule.number, each.words) for each in outcomes if each.state == "failed"] == []
    assert {each.rule.number for each in outcomes if each.state == "not checked"} == not_implemented
