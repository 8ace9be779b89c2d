"""Cases of sentence_bert_config.json, config_sentence_transformers.json and of prompts."""
from . import expected, tokens
from .bases import LINES, LONG, modules
from .case import Case

FILE = "sentence_bert_config.json"
PROMPT_FILE = "config_sentence_transformers.json"
CASED = [{"id": "lower", "text": "the memo of the meeting"}, {"id": "upper", "text": "THE Memo of The MEETING"},
         {"id": "sigma", "text": "\u039f\u0394\u038c\u03a3 and \u03bf\u03b4\u03cc\u03c2"},
         {"id": "dotted", "text": "\u0130 i \u0130I"}, {"id": "sharp", "text": "Stra\u00dfe STRASSE \u1e9e"},
         {"id": "spaces", "text": "  \t the memo \n"}, {"id": "special", "text": "The [SEP] [sep] Memo"}]
SAVED = {"transformer_task": "feature-extraction", "module_output_name": "token_embeddings",
         "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}}


def good(name, about, config, **fields):
    files = {FILE: config} if config is not None else {}
    return Case(name, about, expected.embed, base=fields.pop("base", "../st-bert"),
                files={**files, **fields.pop("files", {})}, input=fields.pop("input", [LINES[0], LONG]), **fields)


def bad(name, about, config, *refused, **fields):
    return Case(name, about, base=fields.pop("base", "../st-bert"), files={FILE: config}, refused=[FILE, *refused],
                input=[LINES[0], LONG], **fields)


def without_settings(name, about, files, **fields):
    return good(name, about, None, files=files, without=[FILE], **fields)


def lengths():
    yield good("length-16", "max_seq_length 16: texts are cut at 16 tokens.", {"max_seq_length": 16})
    yield good("length-2", "max_seq_length 2: nothing but the special tokens.", {"max_seq_length": 2})
    yield good("length-all", "max_seq_length is all positions.", {"max_seq_length": 48})
    yield good("length-null", "max_seq_length is null: the model's positions.", {"max_seq_length": None})
    yield good("length-absent", "No max_seq_length: the model's positions.", {"do_lower_case": False})
    yield without_settings("length-no-file", "No sentence_bert_config.json: the model's positions.", {})
    kept = {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}
    yield without_settings("length-tokenizer", "No max_seq_length: model_max_length of tokenizer_config.json.",
                           {"tokenizer_config.json": {**kept, "model_max_length": 20}})
    yield without_settings("length-tokenizer-more", "model_max_length beyond the positions: the positions.",
                           {"tokenizer_config.json": {**kept, "model_max_length": 512}})
    yield without_settings("length-tokenizer-huge", "model_max_length as transformers writes where there is none.",
                           {"tokenizer_config.json": {**kept, "model_max_length": 1000000000000000019884624838656}})
    yield good("length-both", "max_seq_length counts, not model_max_length.", {"max_seq_length": 24},
               files={"tokenizer_config.json": {**kept, "model_max_length": 12}})
    yield good("length-saved", "What sentence-transformers 5.7 writes: the length is the tokenizer's.", SAVED,
               files={"tokenizer_config.json": {**kept, "model_max_length": 10}})
    yield good("length-truncation-of-json", "The truncation in tokenizer.json does not count.", {"max_seq_length": 32},
               files={"tokenizer.json": truncating("Right", 6)})
    yield Case("length-argument", "--length cuts further than the folder.", expected.embed_at_length,
               base="../st-bert", input=[LINES[0], LONG], arguments=["--length", "12"])


def truncating(direction, length):
    made = tokens.bert_tokenizer()
    made["truncation"] = {"direction": direction, "max_length": length, "strategy": "LongestFirst", "stride": 0}
    made["padding"] = {"strategy": {"Fixed": length}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                       "pad_type_id": 0, "pad_token": "[PAD]"}
    return made


def wrong_lengths():
    for name, value in (("zero", 0), ("one", 1), ("negative", -1), ("beyond", 64), ("text", "many"), ("list", [16]),
                        ("half", 16.5)):
        yield bad(f"length-{name}", f"max_seq_length is {value!r}.", {"max_seq_length": value}, "max_seq_length",
                  str(value) if not isinstance(value, list) else "[16]")


def lower_case():
    yield good("lower-case", "do_lower_case lowers a text before a tokenizer that keeps case, each letter alone.",
               {"max_seq_length": 40, "do_lower_case": True}, input=CASED)
    yield good("lower-case-not", "do_lower_case is false: the case stays.", {"max_seq_length": 40, "do_lower_case": False},
               input=CASED)
    yield good("lower-case-lowered", "do_lower_case with a tokenizer that lowers and strips accents.",
               {"do_lower_case": True}, base="../st-distilbert", input=CASED)
    yield good("lower-case-prompt", "do_lower_case lowers the prompt, too.", {"do_lower_case": True}, input=CASED[:2],
               arguments=["--prompt", "THE Money "])
    yield good("lower-case-null", "do_lower_case is null: as false.", {"max_seq_length": 40, "do_lower_case": None},
               input=CASED[:2], refused=[FILE, "do_lower_case", "null"])
    yield good("lower-case-text", "do_lower_case is text: taken for true.", {"do_lower_case": "false"}, input=CASED[:2],
               refused=[FILE, "do_lower_case", "false"])
    yield good("lower-case-bytes", "do_lower_case before byte-level BPE, with spaces around the text.",
               {"max_seq_length": 32, "do_lower_case": True}, base="../st-roberta",
               input=[{"id": "upper", "text": "THE Memo"}, {"id": "spaces", "text": "  THE Memo \n"}])


def old_names():
    for kind in ("roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"):
        yield without_settings(f"settings-{kind}", f"sentence_{kind}_config.json, a name of older versions.",
                               {f"sentence_{kind}_config.json": {"max_seq_length": 9, "do_lower_case": True}},
                               input=CASED[:2] + [LONG])
    yield good("settings-first", "sentence_bert_config.json counts before the older names.", {"max_seq_length": 12},
               files={"sentence_roberta_config.json": {"max_seq_length": 6}})
    yield good("settings-empty", "An empty object in sentence_bert_config.json: the next name counts.", {},
               files={"sentence_roberta_config.json": {"max_seq_length": 6}})


def other_keys():
    yield good("settings-saved", "sentence_bert_config.json as sentence-transformers 5.7 writes it.", SAVED)
    yield good("settings-no-arguments", "model_args and the like without anything in them.",
               {"max_seq_length": 24, "model_args": {}, "tokenizer_args": {}, "config_args": {}})
    for name, key, value in (("model-arguments", "model_args", {"attn_implementation": "eager"}),
                             ("tokenizer-arguments", "tokenizer_args", {"model_max_length": 16}),
                             ("tokenizer-side", "tokenizer_args", {"truncation_side": "left"}),
                             ("tokenizer-case", "tokenizer_args", {"do_lower_case": True}),
                             ("config-arguments", "config_args", {"num_hidden_layers": 1}),
                             ("processing", "processing_kwargs", {"text": {"max_length": 6}})):
        yield good(f"settings-{name}", f"{key} in sentence_bert_config.json is {value}.",
                   {"max_seq_length": 24, key: value}, refused=[FILE, key])
    yield bad("settings-unknown", "A key that there is not.", {"max_seq_length": 16, "max_words": 7}, "max_words")
    yield bad("settings-other-task", "Another task than feature-extraction.", {**SAVED, "transformer_task": "fill-mask"},
              "transformer_task", "fill-mask")
    pooler = {"text": {"method": "forward", "method_output_name": "pooler_output"}}
    yield bad("settings-other-output", "Another output than the last states.", {**SAVED, "modality_config": pooler},
              "modality_config")
    yield bad("settings-not-object", "A list instead of an object.", [16])


def prompt_case(name, about, settings, want=expected.embed, refused=(), **fields):
    return Case(f"prompts-{name}", about, want, base="../st-bert", files={PROMPT_FILE: settings},
                refused=[PROMPT_FILE, *refused] if refused else [], input=fields.pop("input", LINES[:2]), **fields)


TWO = {"query": "query: ", "document": "mail: the "}


def prompts():
    default = {"prompts": TWO, "default_prompt_name": "document"}
    yield prompt_case("default", "default_prompt_name: its prompt stands before every text.", default, input=LINES)
    yield prompt_case("by-name", "--prompt-name chooses another.", default, arguments=["--prompt-name", "query"])
    yield prompt_case("given", "--prompt gives one.", default, arguments=["--prompt", "the free "])
    yield prompt_case("given-empty", "--prompt with nothing in it: no prompt, whatever the default.", default,
                      arguments=["--prompt", ""])
    yield prompt_case("no-default", "Prompts without a default: none is used.", {"prompts": TWO})
    yield prompt_case("null-default", "default_prompt_name is null: none is used.",
                      {"prompts": TWO, "default_prompt_name": None})
    yield prompt_case("name-without-default", "--prompt-name without a default.", {"prompts": TWO},
                      arguments=["--prompt-name", "document"])
    yield prompt_case("null-prompt", "The default prompt is null: none is used.",
                      {"prompts": {"document": None}, "default_prompt_name": "document"},
                      refused=["prompts", "document", "null"])
    yield prompt_case("long", "A prompt and a text that are cut together.", default, input=[LONG])
    yield prompt_case("special", "A prompt with a special token in it.", {"prompts": {"a": "[SEP] the "},
                                                                          "default_prompt_name": "a"})
    yield prompt_case("empty-default", "The default prompt is empty.", {"prompts": {"document": ""},
                                                                        "default_prompt_name": "document"})
    yield prompt_case("query-unset", "sentence-transformers knows an empty prompt \"query\" in every folder.", {},
                      arguments=["--prompt-name", "query"])
    yield Case("prompts-plain", "--prompt for a folder without modules.json.", expected.embed_plain,
               base="../plain-bert", arguments=["--prompt", "the free "], input=LINES[:2])


def wrong_prompts():
    for name, about, settings, refused in (
            ("unknown-default", "default_prompt_name names no prompt.",
             {"prompts": TWO, "default_prompt_name": "title"}, ("default_prompt_name", "title")),
            ("number", "A prompt is a number.", {"prompts": {"a": 5}, "default_prompt_name": "a"}, ("prompts", "5")),
            ("list", "Prompts are a list.", {"prompts": ["query: "], "default_prompt_name": "a"}, ("prompts",)),
            ("default-number", "default_prompt_name is a number.", {"prompts": TWO, "default_prompt_name": 1},
             ("default_prompt_name", "1")),
            ("unknown-similarity", "A similarity that there is not.", {"similarity_fn_name": "jaccard"},
             ("similarity_fn_name", "jaccard"))):
        yield prompt_case(name, about, settings, None, refused)
    yield prompt_case("unknown-name", "--prompt-name names no prompt.", {"prompts": TWO}, None, ("title",),
                      arguments=["--prompt-name", "title"])
    yield prompt_case("not-json", "The file is not JSON.", "{\"prompts\"", None, (PROMPT_FILE,))


def other_settings():
    for name in ("cosine", "dot", "euclidean", "manhattan"):
        yield prompt_case(f"similarity-{name}", f"similarity_fn_name is {name}, which changes no embedding.",
                          {"similarity_fn_name": name}, input=LINES[:1])
    yield prompt_case("similarity-null", "similarity_fn_name is null.", {"similarity_fn_name": None}, input=LINES[:1])
    yield prompt_case("newer-version", "A folder of a later version.",
                      {"__version__": {"sentence_transformers": "9.1.0"}, "model_type": "SentenceTransformer"})
    yield Case("settings-truncate-dim", "truncate_dim: the first numbers of every embedding, after Normalize.",
               expected.embed, base="../st-bert", input=LINES[:2], refused=[PROMPT_FILE, "truncate_dim", "8"],
               files={PROMPT_FILE: {"truncate_dim": 8}, "modules.json": modules(
                   ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))})
    for kind in ("SparseEncoder", "Something"):
        yield prompt_case(f"model-type-{kind.lower()}", f"model_type is {kind}.", {"model_type": kind}, None,
                          ("model_type", kind))


def cases():
    for part in (lengths, wrong_lengths, lower_case, old_names, other_keys, prompts, wrong_prompts, other_settings):
        yield from part()
