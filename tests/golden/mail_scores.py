#!/usr/bin/env python3
"""Makes tests/data/minilm-scores: what transformers and sentence-transformers score of real mails.

    venv as make_folders.py needs it
    venv/bin/python mail_scores.py --model MINILM_DIR --mails MAILS.jsonl --out ../data/minilm-scores [--count 500]

There is no published classifier to be had, so a head of random weights is put on the real encoder:
NAME.safetensors         classifier.weight [labels, hidden] and classifier.bias [labels], f32
golden.json              {"step", "length", "NAME": {"config": fields of config.json, "scores": one list a mail}, ...}
    topics: five labels, multi_label_classification, of each mail: the pipeline text-classification
    pairs:  one label, of each mail and the one that follows it: CrossEncoder.predict
Texts are cut at "length" tokens, which tokenizer_config.json gets as model_max_length.
"""
import argparse
import json
import os
import shutil
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers import CrossEncoder

LENGTH, BATCH, DEVIATION = 256, 16, 0.2
MODELS = {"topics": 5, "pairs": 1}
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "special_tokens_map.json")


def config_of(name):
    labels = {str(label): f"LABEL_{label}" for label in range(MODELS[name])}
    fields = {"architectures": ["BertForSequenceClassification"], "id2label": labels}
    return {**fields, "problem_type": "multi_label_classification"} if name == "topics" else fields


def head_of(name, hidden):
    source = torch.Generator().manual_seed(MODELS[name])
    return {"classifier.weight": DEVIATION * torch.randn(MODELS[name], hidden, generator=source),
            "classifier.bias": DEVIATION * torch.randn(MODELS[name], generator=source)}


def write_folder(model, name, head, folder):
    """The model with the head, as save_pretrained writes it."""
    config = transformers.AutoConfig.from_pretrained(model)
    config.update(config_of(name))
    classifier = transformers.BertForSequenceClassification.from_pretrained(model, config=config)
    classifier.load_state_dict(head, strict=False)
    classifier.save_pretrained(folder)
    for file in TOKENIZER_FILES:
        shutil.copy(os.path.join(model, file), folder)
    with open(os.path.join(model, "tokenizer_config.json"), encoding="utf-8") as file:
        settings = {**json.load(file), "model_max_length": LENGTH}
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump(settings, file)


def score_topics(folder, texts):
    run = transformers.pipeline("text-classification", model=folder, device="cpu", top_k=None)
    answers = run(texts, truncation=True, batch_size=BATCH)
    by_label = [{one["label"]: one["score"] for one in answer} for answer in answers]
    return [[scores[label] for label in sorted(scores)] for scores in by_label]


def score_pairs(folder, texts):
    model = CrossEncoder(folder, device="cpu", local_files_only=True)
    following = texts[1:] + texts[:1]
    return [[float(score)] for score in model.predict(list(zip(texts, following)), batch_size=BATCH)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mails", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    with open(arguments.mails, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    step = max(1, len(texts) // arguments.count)
    texts = texts[::step][:arguments.count]
    os.makedirs(arguments.out, exist_ok=True)
    golden = {"step": step, "length": LENGTH}
    for name, score in (("topics", score_topics), ("pairs", score_pairs)):
        head = head_of(name, transformers.AutoConfig.from_pretrained(arguments.model).hidden_size)
        save_file(head, os.path.join(arguments.out, name + ".safetensors"))
        with tempfile.TemporaryDirectory() as folder:
            write_folder(arguments.model, name, head, folder)
            scores = score(folder, texts)
        golden[name] = {"config": config_of(name), "scores": [[round(value, 6) for value in row] for row in scores]}
    with open(os.path.join(arguments.out, "golden.json"), "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
