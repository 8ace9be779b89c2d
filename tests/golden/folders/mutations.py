"""Alterations of the JSON files of a model folder, drawn at random.

A mutation is a dict: the case whose folder it alters, the file in it, and either the path of keys to a value and the new
value (no value: the key goes), or the file's whole new text. apply() makes it real.
"""
import copy
import json
import os

from .plausible import PLAUSIBLE, WRONG, fields_of

# How often a file is chosen, by the end of its name.
SHARES = {"modules.json": 3, "1_Pooling/config.json": 3, "2_Dense/config.json": 3, "3_LayerNorm/config.json": 1,
          "sentence_bert_config.json": 3, "config_sentence_transformers.json": 3, "tokenizer_config.json": 4,
          "special_tokens_map.json": 1, "tokenizer.json": 5}
NOTHING = object()


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def json_files(folder):
    found = [os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names
             if name.endswith(".json")]
    return sorted(found)


def share(name):
    return SHARES.get(name, 4 if name == "config.json" else 1)


def paths(value, path=()):
    """The paths of all values in a JSON value; of a vocabulary or a list of merges only itself."""
    if path:
        yield path
    if path and path[-1] in ("vocab", "merges"):
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from paths(part, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def altered(value, path, new=NOTHING):
    """A copy in which the value at `path` is new, or gone."""
    value = copy.deepcopy(value)
    parent = at(value, path[:-1])
    if new is NOTHING:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return value


def named(path):
    """The last key that is text: what the value is called."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def new_value(source, content, path):
    """A value to put at `path`: a plausible one of that name, one of another type, or that of another key."""
    kind = source.random()
    plausible = PLAUSIBLE.get(named(path), [])
    if plausible and kind < 0.7:
        return source.choice(plausible)
    siblings = at(content, path[:-1])
    others = list(siblings.values()) if isinstance(siblings, dict) else list(siblings)
    if kind > 0.9 and others and len(json.dumps(others)) < 2000:
        return source.choice(others)
    return source.choice(WRONG)


def doubled(content, source):
    """The text of an object that has one key twice, with two values; the second one counts."""
    key = source.choice(sorted(content))
    value = source.choice(PLAUSIBLE.get(key, []) + WRONG)
    return json.dumps(content)[:-1] + ", " + json.dumps(key) + ": " + json.dumps(value) + "}"


def text_of(source, content):
    text = json.dumps(content)
    if isinstance(content, dict) and content and source.random() < 0.6:
        return doubled(content, source)
    return text[:source.randrange(len(text))]


def swap_pieces(content, source):
    """Two pieces of a vocabulary change places."""
    vocabulary = content["model"]["vocab"]
    if not isinstance(vocabulary, dict):
        return None
    left, right = source.sample(sorted(vocabulary), 2)
    return {"path": ["model", "vocab", left], "value": vocabulary[right]}


def draw(source, case, folder):
    """One mutation of the assembled folder."""
    names = json_files(folder)
    name = source.choices(names, [share(name) for name in names])[0]
    content = load(folder, name)
    made = {"case": case, "file": name}
    kind = source.random()
    if kind < 0.08 and name != "tokenizer.json":
        return {**made, "text": text_of(source, content)}
    if kind < 0.12 and name == "tokenizer.json" and (swap := swap_pieces(content, source)):
        return {**made, **swap}
    if kind < 0.25 and isinstance(content, dict) and name != "tokenizer.json":  # which takes no unknown key
        fields = PLAUSIBLE if source.random() < 0.2 else fields_of(name)
        key = source.choice(sorted(fields.keys() - content.keys()))
        return {**made, "path": [key], "value": source.choice(PLAUSIBLE[key])}
    path = source.choice(list(paths(content)) or [()])
    if not path:
        return {**made, "text": source.choice(["{}", "[]", "null", ""])}
    if kind < 0.45:
        return {**made, "path": list(path)}
    return {**made, "path": list(path), "value": new_value(source, content, path)}


def apply(mutation, folder):
    path = os.path.join(folder, mutation["file"])
    if "text" in mutation:
        text = mutation["text"]
    else:
        value = mutation.get("value", NOTHING)
        text = json.dumps(altered(load(folder, mutation["file"]), mutation["path"], value), ensure_ascii=False)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
