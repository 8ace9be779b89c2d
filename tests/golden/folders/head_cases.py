"""Cases of `architectures` in config.json: heads that memo-infer has, and others."""
from . import expected, models, tokens
from .bases import LINES, sentence_files
from .case import Case

FILE = "config.json"


def files_of(head, seed=40, **fields):
    made = tokens.bert_files()
    return {**made, **models.files("bert", tokens.words_in(made), head, seed=seed, **fields)}


PLAIN = models.files("bert", len(tokens.word_pieces()))[FILE]


def case(name, about, config, want=expected.embed_plain, **fields):
    config = {key: value for key, value in {**PLAIN, **config}.items() if value != "absent"}
    return Case(f"heads-{name}", about, want, base=fields.pop("base", "../plain-bert"), files={FILE: config},
                input=LINES[:2], **fields)


def refused():
    for head in ("TokenClassification", "QuestionAnswering", "MultipleChoice", "NextSentencePrediction"):
        yield case(f"{head.lower()}", f"A head Bert{head}, which memo-infer does not have.",
                   {"architectures": [f"BertFor{head}"], "id2label": {"0": "O", "1": "B-PER"}},
                   None, refused=[FILE, f"BertFor{head}"])
    yield case("roberta-on-bert", "A head of another family.", {"architectures": ["RobertaForTokenClassification"]},
               None, refused=[FILE, "RobertaForTokenClassification"])
    yield case("number", "architectures is a number.", {"architectures": 5}, None, refused=[FILE, "architectures", "5"])


def embedded():
    masked = files_of("ForMaskedLM")
    yield Case("heads-maskedlm", "BertForMaskedLM: a plain folder, its weights under \"bert.\".", expected.embed_plain,
               files=masked, input=LINES[:3])
    yield Case("heads-pretraining", "BertForPreTraining: a plain folder.", expected.embed_plain, input=LINES[:2],
               base="../heads-maskedlm", files={FILE: {**masked[FILE], "architectures": ["BertForPreTraining"]}})
    yield Case("heads-maskedlm-modules", "BertForMaskedLM with modules.json.", expected.embed, input=LINES[:2],
               base="../heads-maskedlm", files=sentence_files(on=("max_tokens",)))
    yield case("no-architectures", "No architectures: a plain folder.", {"architectures": "absent"})
    yield case("null-architectures", "architectures is null: a plain folder.", {"architectures": None})
    yield case("empty-architectures", "architectures is an empty list: a plain folder.", {"architectures": []})
    for head in ("SequenceClassification", "TokenClassification", "QuestionAnswering"):
        yield case(f"modules-{head.lower()}", f"architectures BertFor{head} in a folder with modules.json: an embedding.",
                   {"architectures": [f"BertFor{head}"]}, expected.embed, base="../st-bert")


def other_configuration():
    for field, value in (("hidden_act", "swish"), ("position_embedding_type", "relative_key"),
                         ("is_decoder", True), ("model_type", "nomic_bert"), ("num_attention_heads", 3)):
        yield case(f"config-{field.replace('_', '-')}", f"{field} is {value}.", {field: value}, None,
                   refused=[FILE, field, str(value).lower() if isinstance(value, bool) else str(value)])
    for field, value in (("hidden_dropout_prob", 0.5), ("use_cache", False), ("pad_token_id", 3),
                         ("torch_dtype", "float16"), ("gradient_checkpointing", True), ("layer_norm_eps", 0.01)):
        yield case(f"config-{field.replace('_', '-')}", f"{field} is {value}.", {field: value})


def cases():
    for part in (refused, embedded, other_configuration):
        yield from part()
