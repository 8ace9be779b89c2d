"""Makes one JSONL of Debian's package descriptions: package_texts.py FILE.jsonl [--sections N] [--min-characters N]

A second domain of text beside the mails: {"id": package, "text": description, "label": section} a line, of the N
sections that have the most packages whose descriptions have so many characters; the lines are sorted by id, and a
description that stands for many packages is written once. They come from apt's own lists, so that the result
is of the release that this machine runs. Exit codes: 0 done, 1 apt has no descriptions (said how to get
them), 2 wrong usage.
"""
import argparse
import collections
import glob
import json
import re
import subprocess
import sys


def fields(stanza: str) -> dict:
    """A stanza's fields; lines that continue one begin with a space."""
    return dict(re.findall(r"(?ms)^([A-Za-z0-9-]+):[ \t]*(.*?)(?=^\S|\Z)", stanza))


def description(text: str) -> str:
    """Short line and paragraphs, without the marks of Debian's format: a leading space, and a dot for an empty line."""
    lines = [line.strip() for line in text.strip().split("\n")]
    return "\n".join("" if line == "." else line for line in lines)


def stanzas(kind: str):
    """The fields of each stanza in apt's lists of this kind: Packages or Translations."""
    command = ["apt-get", "-o", "Acquire::Languages=en", "indextargets", "--format", "$(FILENAME)", f"Created-By: {kind}"]
    files = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    for file in filter(is_there, files):
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", file], check=True, capture_output=True).stdout
        yield from map(fields, text.decode("utf-8", errors="replace").split("\n\n"))


def is_there(file: str) -> bool:
    """apt names a list without the ending of its compression."""
    return bool(glob.glob(glob.escape(file) + "*"))


def packages():
    """(name, section, description) of every package, by the sum of its description."""
    texts = {found["Description-md5"].strip(): description(found["Description-en"])
             for found in stanzas("Translations") if "Description-en" in found}
    for found in stanzas("Packages"):
        text = texts.get(found.get("Description-md5", "").strip())
        if text is not None:
            yield found["Package"].strip(), found.get("Section", "").strip(), text


def labelled(least: int) -> dict:
    """{description: (name, section)}, the first name in order."""
    texts = {}
    for name, section, text in sorted(packages()):
        if len(text) >= least:
            texts.setdefault(text, (name, section))
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--sections", type=int, default=10)
    parser.add_argument("--min-characters", type=int, default=250)
    arguments = parser.parse_args()
    texts = labelled(arguments.min_characters)
    counts = collections.Counter(section for _, section in texts.values())
    chosen = {section for section, _ in counts.most_common(arguments.sections)}
    if len(chosen) < arguments.sections:
        print("apt has no long descriptions; as root: apt-get -o Acquire::Languages=en update", file=sys.stderr)
        return 1
    lines = sorted((name, text, section) for text, (name, section) in texts.items() if section in chosen)
    with open(arguments.file, "w", encoding="utf-8") as file:
        for name, text, section in lines:
            file.write(json.dumps({"id": name, "text": text, "label": section}, ensure_ascii=False) + "\n")
    print(f"{len(lines)} descriptions in {len(chosen)} sections", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
