# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a report page is whole: every element closed in order, every reference within the page, nothing loaded."""

import html.parser
import sys

VOID = {"meta", "br"}
SELF_CLOSED = {"path", "use", "circle"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references = [], [], []

    def handle_starttag(self, tag, attributes):
        self.look(attributes)
        assert tag not in SELF_CLOSED, f"{tag} is not closed at {self.getpos()}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.look(attributes)
        assert tag in SELF_CLOSED, f"{tag} closes itself at {self.getpos()}"

    def look(self, attributes):
        for name, value in attributes:
            assert name not in ("src", "srcset", "data"), f"{name} loads {value}"
            if name == "id":
                self.ids.append(value)
            if name == "href":
                assert value.startswith("#"), f"{value} is not in the page"
                self.references.append(value[1:])

    def handle_endtag(self, tag):
        last = self.open.pop() if self.open else None
        assert last == tag, f"</{tag}> closes {last} at {self.getpos()}"


text = open(sys.argv[1], encoding="utf-8").read()
for word in ("http:", "https:", "@import", "url("):
    assert word not in text, word
page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
assert len(set(page.ids)) == len(page.ids), "an id stands twice"
missing = set(page.references) - set(page.ids)
assert page.references and not missing, missing
