"""What sentence-transformers and transformers make of a folder: functions (folder, case) -> expected output lines.

Every text is computed alone, so that no padding takes part.
"""
import json
import logging
import os
import warnings

import numpy
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer

transformers.logging.set_verbosity_error()
logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")
PLAIN_LENGTH = 128


def finite(vector):
    if not numpy.isfinite(vector).all():
        raise ValueError("the reference gives numbers that are not finite")
    return [float(value) for value in vector]


def load(folder):
    model = SentenceTransformer(folder, device="cpu", local_files_only=True)
    assert model.dtype is None or str(model.dtype) == "torch.float32", model.dtype
    return model


def embed(folder, case):
    """A folder with modules.json, as encode() without arguments, or with the prompt that the arguments name."""
    model = load(folder)
    prompt, name = case.argument("--prompt"), case.argument("--prompt-name")
    vectors = [model.encode([text], prompt=prompt, prompt_name=name)[0] for text in case.texts()]
    return case.lines([{"embedding": finite(vector)} for vector in vectors])


def embed_cut(folder, case, fallback, **how):
    model = load(folder)
    model.max_seq_length = min(int(case.argument("--length", fallback)), model.max_seq_length)
    prompt = case.argument("--prompt")
    vectors = [model.encode([text], prompt=prompt, **how)[0] for text in case.texts()]
    return case.lines([{"embedding": finite(vector)} for vector in vectors])


def embed_at_length(folder, case):
    """A folder with modules.json, texts cut as --length says."""
    return embed_cut(folder, case, None)


def embed_plain(folder, case):
    """A folder of transformers alone: the mean of the last states, of length 1."""
    return embed_cut(folder, case, PLAIN_LENGTH, normalize_embeddings=True)


def pairs(case):
    """The input as the pipeline takes it."""
    field = case.argument("--pair-field")
    return [{"text": line["text"], **({"text_pair": line[field]} if field else {})} for line in case.input]


def labelled(case, names, scores):
    """One output line's fields: the best label, or the --top-k best ones, highest score first."""
    order = sorted(range(len(scores)), key=lambda label: -scores[label])
    best = [{"label": names[label], "score": float(scores[label])} for label in order]
    wanted = case.argument("--top-k")
    if wanted is None:
        return best[0]
    return {"labels": best[:int(wanted) or len(best)]}


def classify(folder, case):
    """As the pipeline text-classification does, texts cut as --length says."""
    run = transformers.pipeline("text-classification", model=folder, device="cpu")
    cut = {"truncation": True, "max_length": int(case.argument("--length", PLAIN_LENGTH))}
    cut["max_length"] = min(cut["max_length"], run.model.config.max_position_embeddings)
    answers = [run(pair, top_k=None, **cut) for pair in pairs(case)]
    results = [labelled(case, [one["label"] for one in answer], [one["score"] for one in answer])
               for answer in answers]
    return case.lines(results)


def logits(folder, case):
    """As the pipeline of transformers 4.45 and later does for problem_type regression: the logits themselves."""
    run = transformers.pipeline("text-classification", model=folder, device="cpu", function_to_apply="none")
    answers = [run(pair, top_k=None) for pair in pairs(case)]
    return case.lines([labelled(case, [one["label"] for one in answer], [one["score"] for one in answer])
                       for answer in answers])


def cross(folder, case):
    """As CrossEncoder.predict does."""
    model = CrossEncoder(folder, device="cpu", local_files_only=True)
    if case.argument("--length"):
        model.max_length = int(case.argument("--length"))
    names = [model.config.id2label[label] for label in range(model.config.num_labels)]
    both = [[(one["text"], one["text_pair"])] for one in pairs(case)]
    return case.lines([labelled(case, names, numpy.atleast_1d(model.predict(pair)[0])) for pair in both])


def says_activation(config):
    """Whether config.json has an activation of CrossEncoder's."""
    settings = config.get("sentence_transformers")
    return "activation_fn" in (settings or ()) or config.get("sbert_ce_default_activation_function") is not None


def of_folder(folder, case):
    """What is closest to memo-infer: encode() of a folder with modules.json, else what the architecture is for."""
    if os.path.exists(os.path.join(folder, "modules.json")):
        return embed(folder, case)
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if not str(config.get("architectures") or "").endswith("ForSequenceClassification']"):
        return embed_plain(folder, case)
    if says_activation(config):
        return cross(folder, case)
    return logits(folder, case) if config.get("problem_type") == "regression" else classify(folder, case)
