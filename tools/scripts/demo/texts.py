"""The demo's texts: read, split by seed, written for the runs."""
import json
import random

from processes import Failure


def read_texts(path: str) -> list:
    """Lines of a JSONL file as {"id", "text", "label" or None}. Ids are line numbers where a line has none."""
    texts = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                text = record["text"]
            except (ValueError, KeyError, TypeError):
                raise Failure(f"{path}:{number}: expected a JSON object with a field \"text\"") from None
            if not isinstance(text, str):
                raise Failure(f"{path}:{number}: the field \"text\" is not a string")
            texts.append({"id": str(record.get("id", number)), "text": text, "label": record.get("label")})
    if len({text["id"] for text in texts}) != len(texts):
        raise Failure(f"{path}: two lines have the same id")
    return texts


def split(texts: list, seed: int, training: int, mails: int) -> tuple:
    """(training, test, unseen): training from one half; test and unseen, apart, from the other."""
    shuffled = sorted(texts, key=lambda text: text["id"])
    random.Random(seed).shuffle(shuffled)
    half = len(shuffled) // 2
    test_half = shuffled[half:]
    mails = min(mails, max(1, len(test_half) * 2 // 3))
    unseen = test_half[mails : 2 * mails]
    if half < 1 or not unseen:
        raise Failure(f"{len(texts)} texts are too few to split: give at least 6")
    return shuffled[: min(training, half)], test_half[:mails], unseen


def write_texts(texts: list, path: str) -> str:
    with open(path, "w", encoding="utf-8") as out:
        for text in texts:
            out.write(json.dumps(text, ensure_ascii=False) + "\n")
    return path


def labelled(texts: list) -> bool:
    return len({text["label"] for text in texts if text["label"] is not None}) >= 2
