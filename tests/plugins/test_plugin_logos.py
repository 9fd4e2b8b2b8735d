"""Only harmless drawings get through."""

from __future__ import annotations

import pytest

from sleuth.trackers.errors import LoadError
from sleuth.trackers.logo import harmless_svg


def test_a_drawing_is_written_anew() -> None:
    source = (
        '<?xml version="1.0"?><!-- made by hand -->'
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#362d59">'
        "<title>Far &lt;away></title>"
        '<g transform="translate(1,2)"><path d="M0 0h8v8z" fill-rule="evenodd"/></g></svg>'
    )
    assert harmless_svg(source) == (
        '<svg viewBox="0 0 24 24" fill="#362d59" xmlns="http://www.w3.org/2000/svg">'
        "<title>Far &lt;away&gt;</title>"
        '<g transform="translate(1,2)"><path d="M0 0h8v8z" fill-rule="evenodd" /></g></svg>'
    )


def test_a_drawing_may_leave_out_the_namespace() -> None:
    drawing = harmless_svg("<svg><circle r='4'/></svg>")
    assert drawing == '<svg xmlns="http://www.w3.org/2000/svg"><circle r="4" /></svg>'


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<svg><script>alert(1)</script></svg>", "has the element script"),
        ("<svg><foreignObject/></svg>", "has the element foreignObject"),
        ("<svg><a href='https://evil.test'><path/></a></svg>", "has the element a"),
        ("<svg><style>*{fill:red}</style></svg>", "has the element style"),
        ("<svg><use href='#x'/></svg>", "has the element use"),
        ("<svg><image href='https://evil.test/x.png'/></svg>", "has the element image"),
        ("<svg xmlns:e='urn:e'><e:path/></svg>", "has the element {urn:e}path"),
        ("<svg onload='alert(1)'/>", "has the attribute onload"),
        ("<svg><path style='fill:red'/></svg>", "has the attribute style"),
        ("<svg><path fill='url(https://evil.test/#x)'/></svg>", "has the attribute fill"),
        ("<svg><path fill='url(#x)'/></svg>", "has the attribute fill"),
        ("<svg><path d='M0 0&quot;onload=x'/></svg>", "has the attribute d"),
        ("<svg><g xmlns:x='urn:x' x:d='1'/></svg>", "has the attribute {urn:x}d"),
        ("<path d='M0 0'/>", "is not an svg document"),
        ("<svg>", "is not XML"),
        ("hello", "is not XML"),
        ("<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg>&a;</svg>", "declares a document type"),
        ("<svg><path d='" + "M0 0 " * 5000 + "'/></svg>", "is larger than 20000 characters"),
        ("<svg><?php echo 1 ?></svg>", ""),
    ],
)
def test_anything_else_is_refused(source: str, problem: str) -> None:
    if not problem:
        assert "php" not in harmless_svg(source)
        return
    with pytest.raises(LoadError) as caught:
        harmless_svg(source)
    assert problem in str(caught.value)
