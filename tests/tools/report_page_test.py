"""The pages of the profile's report are well-formed, have every section, and load nothing.

usage: report_page_test.py REPORT_PAGES

REPORT_PAGES writes the pages of made-up profiles (tests/support/profile_samples.h) into a folder.
Exit code 1 and one line for each finding.
"""
import html.parser
import os
import re
import subprocess
import sys
import tempfile

VOID = {"meta", "img", "br", "link"}
# May hold one another in any depth of ours; what is not here must not occur.
KNOWN = set(
    "html head title style body main header nav section h1 h2 h3 p a div span b small code dl dt dd ul li figure "
    "figcaption svg text rect line polyline circle details summary table thead tbody tr th td blockquote mark i".split()
)
SECTIONS = ["result", "words", "times", "similarity", "frontier", "budgets", "lookups", "examples", "policy", "test", "setting"]
NUMBERS = ("x", "y", "width", "height", "cx", "cy", "r", "points", "x1", "x2", "y1", "y2", "viewbox", "transform")
MOST_BYTES = 2 << 20
# What a section says where the profile has nothing for it.
MISSING = {
    "empty": ["No times were measured", "No similarities were measured", "No policies were tried",
              "Lookups were not measured", "There are no examples", "every layer computes", "nothing to test"],
    "bare": ["Lookups were not measured", "There are no examples", "Not measured: nearest"],
    "computes": ["every layer computes", "nothing to test", "Compute everything"],
    "unlabelled": ["There were no labels"],
}


class Page(html.parser.HTMLParser):
    def __init__(self, name):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.findings, self.ids, self.links, self.text = name, [], [], [], [], ""
        self.drawn = {}  # section -> shapes
        self.section = None

    def find(self, what):
        self.findings.append(f"{self.name}:{self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        if tag not in VOID and tag not in KNOWN:
            self.find(f"<{tag}> does not belong here")
        if tag == "p" and "p" in self.open:
            self.find("a paragraph inside of another")
        for name, value in attributes:
            self.attribute(tag, name, value or "")
        if tag in ("circle", "rect", "img"):
            self.drawn[self.section] = self.drawn.get(self.section, 0) + 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def attribute(self, tag, name, value):
        if name.startswith("on"):
            self.find(f"<{tag}> has {name}")
        if name == "id":
            self.ids.append(value)
            self.section = value
        if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
            if name == "href" and value.startswith("#"):
                self.links.append(value[1:])
            elif not value.startswith("data:image/png;base64,"):
                self.find(f"{name}={value[:60]!r} is outside of the page")
        if name == "style" and "url(" in value:
            self.find("a style loads something")
        if name in NUMBERS and re.search(r"nan|inf", value):
            self.find(f"<{tag}> has {name}={value[:60]!r}")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.find(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if "style" in self.open and re.search(r"url\(|@import", data):
            self.find("the style loads something")
        self.text += data

    def handle_comment(self, data):
        self.find("a comment, which no part of the report writes")


def page_findings(name, text):
    page = Page(name)
    page.feed(text)
    page.close()
    yield from page.findings
    if page.open:
        yield f"{name}: {page.open} are not closed"
    # Without candidates there is no budget to choose by.
    if page.ids != [section for section in SECTIONS if section != "budgets" or name != "empty"]:
        yield f"{name}: sections are {page.ids}"
    if set(page.links) - set(page.ids):
        yield f"{name}: links lead nowhere: {set(page.links) - set(page.ids)}"
    for said in MISSING.get(name, []):
        if said not in page.text:
            yield f"{name}: does not say {said!r}"
    if name not in MISSING:
        for section in ("times", "similarity", "frontier", "lookups", "examples", "policy", "test"):
            if not page.drawn.get(section):
                yield f"{name}: nothing is drawn in {section}"
    if re.search(r"\b(nan|inf)\b", page.text):
        yield f"{name}: shows a number that is none"
    if "hostile" in name and "<script>document.title" not in page.text:
        yield f"{name}: does not show the hostile text as it is"


def main(program):
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder], check=True)
        files = sorted(os.listdir(folder))
        for file in files:
            path = os.path.join(folder, file)
            with open(path, encoding="utf-8") as page:  # strict: invalid UTF-8 raises
                findings += page_findings(file.removesuffix(".html"), page.read())
            if os.path.getsize(path) > MOST_BYTES:
                findings.append(f"{file}: {os.path.getsize(path)} bytes, at most {MOST_BYTES}")
    assert len(files) > 5, f"only {files} were written"
    for finding in findings:
        print(finding)
    print(f"{len(files)} pages")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
