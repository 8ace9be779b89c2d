"""Cases of 1_Pooling/config.json and its like."""
from . import expected
from .bases import LINES, modules, pooling
from .case import Case

FLAGS = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens", "mean": "pooling_mode_mean_tokens",
         "mean-sqrt-len": "pooling_mode_mean_sqrt_len_tokens", "weightedmean": "pooling_mode_weightedmean_tokens",
         "lasttoken": "pooling_mode_lasttoken"}
WORDS = {name: "mean_sqrt_len_tokens" if name == "mean-sqrt-len" else name for name in FLAGS}
FILE = "1_Pooling/config.json"
PROMPTS = {"prompts": {"query": "query: ", "document": "mail: the "}, "default_prompt_name": "document"}


def flags(*on, **fields):
    return {"word_embedding_dimension": 32, **{flag: name in on for name, flag in FLAGS.items()}, **fields}


def words(mode, **fields):
    return {"embedding_dimension": 32, "pooling_mode": mode, "include_prompt": True, **fields}


def good(name, about, config, **fields):
    return Case(f"pooling-{name}", about, expected.embed, base="../st-bert",
                files={FILE: config, **fields.pop("files", {})}, input=fields.pop("input", LINES), **fields)


def bad(name, about, config, *refused, **fields):
    return Case(f"pooling-{name}", about, base="../st-bert", files={FILE: config, **fields.pop("files", {})},
                input=LINES[:1], refused=list(refused) or [FILE], **fields)


def each_mode():
    for name, flag in FLAGS.items():
        yield good(f"{name}-flag", f"{flag} is true, the other flags false.", flags(name))
        yield good(f"{name}-word", f"pooling_mode is \"{WORDS[name]}\", as sentence-transformers 5.4 and later write it.",
                   words(WORDS[name]))


def several():
    yield good("two-flags", "Two flags are on: their vectors one after the other, cls first.", flags("mean", "cls"))
    yield good("all-flags", "All flags are on: six vectors in the order of sentence-transformers.", flags(*FLAGS),
               input=LINES[:2])
    yield good("list", "pooling_mode is a list: the vectors in the order of the list.", words(["mean", "cls"]))
    yield good("list-of-one", "pooling_mode is a list of one.", words(["max"]))
    yield good("list-repeated", "pooling_mode names one mode twice.", words(["lasttoken", "lasttoken"]))
    yield good("two-flags-normalized", "Two modes, then Normalize: of length 1 together.", flags("mean", "max"),
               files={"modules.json": modules(("", "Transformer"), ("1_Pooling", "Pooling"), ("2", "Normalize"))})
    yield good("no-flags", "All flags are false: mean.", flags())
    yield good("no-mode", "Neither a flag nor pooling_mode: mean.", {"word_embedding_dimension": 32})
    yield good("word-and-flags", "pooling_mode beside flags that say otherwise: pooling_mode counts.",
               {**flags("mean"), **words("cls")})
    yield good("some-flags", "Flags that are missing are false, also that of the mean.",
               {"word_embedding_dimension": 32, "pooling_mode_max_tokens": True})
    yield good("both-dimensions", "The new name of the dimension without the old.",
               {"embedding_dimension": 32, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})


def prompts():
    files = {"config_sentence_transformers.json": PROMPTS}
    for name in FLAGS:
        yield good(f"{name}-without-prompt", "include_prompt is false: the prompt's tokens are seen but not pooled.",
                   flags(name, include_prompt=False), files=files, input=LINES[:3])
    yield good("list-without-prompt", "include_prompt is false with several modes.",
               words(["lasttoken", "weightedmean", "cls"], include_prompt=False), files=files, input=LINES[:2])
    yield good("without-prompt-by-name", "include_prompt is false, the prompt chosen by name.",
               flags("mean", include_prompt=False), files=files, input=LINES[:2], arguments=["--prompt-name", "query"])
    yield good("without-given-prompt", "include_prompt is false, the prompt given as text.",
               flags("mean", include_prompt=False), input=LINES[:2], arguments=["--prompt", "the free memo "])
    yield good("without-no-prompt", "include_prompt is false, there is no prompt.", flags("mean", include_prompt=False))
    yield good("without-long-prompt", "include_prompt is false, the prompt leaves no room: the last token is pooled.",
               flags("mean", include_prompt=False), arguments=["--prompt", "the memo of money " * 12], input=LINES[:2],
               refused=["prompt"])


def wrong():
    yield bad("unknown-word", "A mode that there is not.", words("median"), FILE, "pooling_mode", "median")
    yield bad("unknown-in-list", "A mode in a list that there is not.", words(["mean", "attention"]), FILE,
              "pooling_mode", "attention")
    yield bad("number", "pooling_mode is a number.", words(3), FILE, "pooling_mode", "3")
    yield bad("empty-list", "pooling_mode is an empty list.", words([]), FILE, "pooling_mode")
    yield bad("null-mode", "pooling_mode is null.", words(None), FILE, "pooling_mode")
    yield bad("no-dimension", "The dimension is missing.", {"pooling_mode": "mean"}, FILE, "embedding_dimension")
    yield bad("unknown-flag", "A flag of a mode that there is not.", flags("mean", pooling_mode_median_tokens=True),
              FILE, "pooling_mode_median_tokens")
    yield bad("not-json", "The file is not JSON.", "{\"pooling_mode\": ", FILE)
    yield bad("not-object", "The file is a list.", ["mean"], FILE)
    yield bad("other-dimension", "The dimension is not the model's.", {**flags("mean"), "word_embedding_dimension": 64},
              FILE, "word_embedding_dimension", "64", "32")
    yield Case("pooling-file-missing", "modules.json names a pooling that is not there.", base="../st-bert",
               without=[FILE], input=LINES[:1], refused=[FILE])
    yield Case("pooling-other-path", "modules.json says where the pooling lies.", expected.embed, base="../st-bert",
               files={"modules.json": modules(("", "Transformer"), ("pooling", "Pooling")),
                      "pooling/config.json": pooling(on=("cls_token",))}, input=LINES)
    yield Case("pooling-deep-path", "The pooling lies two folders down.", expected.embed, base="../st-bert",
               files={"modules.json": modules(("", "Transformer"), ("modules/pooling", "Pooling")),
                      "modules/pooling/config.json": pooling(on=("max_tokens",))}, input=LINES[:2])


def cases():
    yield from each_mode()
    yield from several()
    yield from prompts()
    yield from wrong()
