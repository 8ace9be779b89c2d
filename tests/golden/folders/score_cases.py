"""Cases of models with a classification head: labels and scores, of texts and of pairs of texts."""
from . import expected, models, tokens
from .bases import LINES
from .case import Case

TEXTS = LINES[:3]
PAIRS = [{"id": "a", "text": "the memo of the meeting", "other": "money"}, {"id": "b", "text": "free mail", "other": "x"},
         {"id": "c", "text": "", "other": "The meeting is on Money."}, {"id": "d", "text": "list", "other": "list"}]
MANY, FEW = " ".join(["the memo of money is free"] * 6), "click here the list"
LONG_PAIRS = [{"id": "first", "text": MANY, "other": FEW}, {"id": "second", "text": FEW, "other": MANY},
              {"id": "both", "text": MANY, "other": MANY[9:]}, {"id": "odd", "text": MANY[9:], "other": MANY[4:99]},
              {"id": "middle", "text": "the memo of money is", "other": "free mail list query click here you late"}]
# Here transformers disagrees with itself: its pipeline takes an empty second text for none, CrossEncoder for a text.
EMPTY = {"id": "empty", "text": "free mail", "other": ""}
PAIR = ["--pair-field", "other"]
IDENTITY, SIGMOID = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"
FILE = "config.json"


def checkpoint(labels, seed, family="bert"):
    made = {"bert": tokens.bert_files, "roberta": tokens.roberta_files, "mpnet": tokens.mpnet_files,
            "distilbert": lambda: tokens.bert_files(True, tokenizer_class="DistilBertTokenizer"),
            "deberta": tokens.deberta_files}[family]()
    return {**made, **models.files(family, tokens.words_in(made), "ForSequenceClassification", labels, seed)}


CHECKPOINTS = {labels: checkpoint(labels, 20 + labels) for labels in (1, 2, 5)}


def case(name, about, labels, want=expected.classify, without=(), base=None, **fields):
    """A case of the classifier of so many labels; fields that are named `config` change its config.json."""
    changed = {key: value for key, value in CHECKPOINTS[labels][FILE].items() if key not in without}
    changed.update(fields.pop("config", {}))
    files = {FILE: changed, **fields.pop("files", {})}
    return Case(f"scores-{name}", about, want, base=base or f"../scores-of-{labels}", files=files,
                input=fields.pop("input", TEXTS), **fields)


def checkpoints():
    for labels, files in CHECKPOINTS.items():
        yield Case(f"scores-of-{labels}", f"{labels} label(s): {'sigmoid' if labels == 1 else 'softmax'}, the best one.",
                   expected.classify, files=files, input=LINES)
    for seed, family in enumerate(("roberta", "distilbert", "mpnet", "deberta"), 30):
        files = checkpoint(2, seed, family)
        yield Case(f"scores-{family}", f"A {family} of two labels, pairs of texts.", expected.classify, files=files,
                   input=PAIRS, arguments=PAIR + ["--top-k", "0"])
        yield Case(f"scores-{family}-long", f"A {family} of two labels, pairs that are cut.", expected.classify,
                   base=f"../scores-{family}", input=LONG_PAIRS, arguments=PAIR + ["--top-k", "0", "--length", "17"])
        yield Case(f"scores-{family}-text", f"A {family} of two labels, single texts.", expected.classify,
                   base=f"../scores-{family}", input=TEXTS)


def functions():
    yield case("multi-label", "problem_type multi_label_classification: sigmoid of every label.", 5,
               config={"problem_type": "multi_label_classification"}, arguments=["--top-k", "0"])
    yield case("multi-label-best", "problem_type multi_label_classification: the best label's sigmoid.", 5,
               config={"problem_type": "multi_label_classification"})
    yield case("single-label", "problem_type single_label_classification: softmax.", 2,
               config={"problem_type": "single_label_classification"}, arguments=["--top-k", "0"])
    yield case("single-label-one", "problem_type single_label_classification with one label: sigmoid.", 1,
               config={"problem_type": "single_label_classification"})
    yield case("multi-label-one", "problem_type multi_label_classification with one label: sigmoid.", 1,
               config={"problem_type": "multi_label_classification"})
    yield case("null-problem", "problem_type null: softmax of several labels.", 2, config={"problem_type": None})
    yield case("regression", "problem_type regression: the output as it is, as later versions of transformers have it.",
               1, expected.logits, config={"problem_type": "regression"})
    yield case("regression-of-5", "problem_type regression of five numbers: the outputs as they are.", 5,
               expected.logits, config={"problem_type": "regression"}, arguments=["--top-k", "0"])
    yield case("unknown-problem", "problem_type that there is not.", 5, None, config={"problem_type": "ranking"},
               refused=[FILE, "problem_type", "ranking"])
    yield case("problem-number", "problem_type is a number.", 5, None, config={"problem_type": 3},
               refused=[FILE, "problem_type", "3"])


def activations():
    place = {"sentence_transformers": {"activation_fn": IDENTITY, "version": "4.0.1"}}
    yield case("identity", "A cross-encoder whose activation_fn is Identity.", 1, expected.cross, config=place,
               input=PAIRS, arguments=PAIR)
    yield case("empty-pair", "An empty second text of a cross-encoder is a text.", 1, expected.cross, config=place,
               input=[EMPTY, PAIRS[2]], arguments=PAIR)
    yield case("sigmoid", "A cross-encoder whose activation_fn is Sigmoid, of five labels.", 5, expected.cross,
               config={"sentence_transformers": {"activation_fn": SIGMOID}}, input=PAIRS,
               arguments=PAIR + ["--top-k", "0"])
    yield case("identity-of-5", "A cross-encoder whose activation_fn is Identity, of five labels.", 5, expected.cross,
               config=place, input=PAIRS, arguments=PAIR + ["--top-k", "3"])
    yield case("old-identity", "The activation's name of older cross-encoders.", 1, expected.cross,
               config={"sbert_ce_default_activation_function": IDENTITY}, input=PAIRS, arguments=PAIR)
    yield case("old-sigmoid", "The activation's name of older cross-encoders, Sigmoid.", 5, expected.cross,
               config={"sbert_ce_default_activation_function": SIGMOID}, input=PAIRS,
               arguments=PAIR + ["--top-k", "0"])
    yield case("both-activations", "Both names: the newer counts.", 1, expected.cross,
               config={**place, "sbert_ce_default_activation_function": SIGMOID}, input=PAIRS, arguments=PAIR)
    yield case("no-activation", "sentence_transformers without activation_fn: sigmoid of one label.", 1,
               config={"sentence_transformers": {"version": "4.0.1"}})
    yield case("old-null", "The older name is null: sigmoid of one label.", 1,
               config={"sbert_ce_default_activation_function": None})
    yield case("identity-over-problem", "activation_fn counts before problem_type.", 5, expected.cross,
               config={**place, "problem_type": "multi_label_classification"}, input=PAIRS,
               arguments=PAIR + ["--top-k", "0"])
    yield case("tanh", "An activation_fn that is rare.", 1, expected.cross,
               config={"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Tanh"}},
               input=PAIRS, arguments=PAIR, refused=[FILE, "activation_fn", "Tanh"])
    yield case("custom-activation", "An activation_fn of someone's own.", 1, None,
               config={"sentence_transformers": {"activation_fn": "my_package.Calibrated"}},
               refused=[FILE, "activation_fn", "my_package.Calibrated"])


def lists_of_labels():
    for count in (0, 1, 2, 9):
        yield case(f"top-{count}", f"--top-k {count} of five labels.", 5, arguments=["--top-k", str(count)])
    names = {"0": "ham", "1": "spam", "2": "unsure", "3": "late", "4": "\u00fcbrig"}
    yield case("names", "Names of labels.", 5, config={"id2label": names}, arguments=["--top-k", "0"])
    yield case("other-ids", "label2id that says otherwise does not count.", 5,
               config={"id2label": names, "label2id": {"spam": 0, "ham": 1}})
    yield case("same-names", "Two labels of one name.", 5, config={"id2label": {**names, "1": "ham"}},
               arguments=["--top-k", "0"])
    yield case("num-labels", "num_labels without id2label: LABEL_0 and on.", 5, without=("id2label", "label2id"),
               config={"num_labels": 5}, arguments=["--top-k", "0"])
    yield case("two-unnamed", "Neither id2label nor num_labels: two labels.", 2, without=("id2label", "label2id"))


def wrong_labels():
    for name, about, value, refused in (
            ("numbers", "Names that are numbers, not texts.", {"0": 0, "1": 1}, ["number"]),
            ("missing", "A label without a name.", {"0": "ham", "2": "spam"}, ["1"]),
            ("too-few", "Fewer names than the head has outputs.", {"0": "ham"}, []),
            ("too-many", "More names than the head has outputs.", {"0": "ham", "1": "spam", "2": "unsure"}, []),
            ("list", "A list of names.", ["ham", "spam"], []),
            ("null-name", "A name is null.", {"0": "ham", "1": None}, ["1"]),
            ("key", "A key that is no number.", {"0": "ham", "spam": "spam"}, [])):
        wrong = [] if name in ("too-few", "too-many") else ["id2label"]
        yield case(f"names-{name}", about, 2, None, config={"id2label": value}, refused=[FILE, *wrong, *refused]
                   if wrong else ["classifier"])
    yield case("no-names", "Five outputs, neither id2label nor num_labels, which means two.", 5, None,
               without=("id2label", "label2id"), refused=["classifier"])


def pairs():
    yield case("pairs", "Pairs of texts: the second has the other token type.", 2, input=PAIRS,
               arguments=PAIR + ["--top-k", "0"])
    yield case("pair-of-1", "Pairs of texts, one label.", 1, input=PAIRS, arguments=PAIR)
    for length in (12, 13, 20):
        yield case(f"pairs-cut-to-{length}", f"Pairs cut to {length} tokens, the longer text first.", 2,
                   input=LONG_PAIRS, arguments=PAIR + ["--top-k", "0", "--length", str(length)])
    yield case("pairs-cross", "Pairs cut as CrossEncoder does.", 1, expected.cross, input=LONG_PAIRS,
               arguments=PAIR + ["--length", "14"])
    left = tokens.bert_files(truncation_side="left")["tokenizer_config.json"]
    yield case("pairs-cut-left", "truncation_side left: pairs lose their beginnings.", 2, input=LONG_PAIRS,
               files={"tokenizer_config.json": left}, arguments=PAIR + ["--top-k", "0", "--length", "15"],
               refused=["tokenizer_config.json", "truncation_side"])
    yield case("pair-missing", "A line without the second text.", 2, None, input=[{"id": "a", "text": "the memo"}],
               arguments=PAIR, refused=["other"])
    yield case("pair-number", "A second text that is a number.", 2, None, arguments=PAIR,
               input=[{"id": "a", "text": "the memo", "other": 5}], refused=["other"])


def templates():
    made = tokens.bert_tokenizer()
    ids = made["model"]["vocab"]
    made["post_processor"] = tokens.template("[CLS]", "[SEP]", ids, pair_type=0, twice=True)
    yield case("pair-template", "Pairs as the template of tokenizer.json puts them together, with two separators.", 2,
               input=PAIRS, arguments=PAIR + ["--top-k", "0"], files={"tokenizer.json": made})
    none = tokens.bert_tokenizer()
    none["post_processor"] = None
    yield case("pair-without-template", "No post-processor: texts end to end.", 2, input=PAIRS[:2],
               arguments=PAIR + ["--top-k", "0"], files={"tokenizer.json": none}, refused=["tokenizer.json"])
    empty = tokens.bert_tokenizer()
    empty["post_processor"] = {**tokens.template("[CLS]", "[SEP]", ids), "pair": []}
    yield case("pair-empty-template", "A template that has nothing for pairs.", 2, None, input=PAIRS[:2],
               arguments=PAIR, files={"tokenizer.json": empty}, refused=["pair"])


def saved_cross_encoder():
    """What CrossEncoder.save_pretrained of sentence-transformers 5.4 and later adds to a folder."""
    task = {"transformer_task": "sequence-classification", "module_output_name": "scores",
            "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}}}
    for labels, activation in ((1, SIGMOID), (1, IDENTITY), (5, IDENTITY)):
        kind = activation.rsplit(".", 1)[1].lower()
        yield Case(f"scores-saved-{kind}-of-{labels}", "A cross-encoder as sentence-transformers 5.4 and later saves it: "
                   "modules.json with a Transformer alone, the activation beside it.", expected.cross,
                   base=f"../scores-of-{labels}", input=PAIRS, arguments=PAIR + ["--top-k", "0"],
                   refused=["config_sentence_transformers.json", "model_type", "CrossEncoder"],
                   files={"modules.json": [{"idx": 0, "name": "0", "path": "", "type":
                                            "sentence_transformers.base.modules.transformer.Transformer"}],
                          "sentence_bert_config.json": task, "config_sentence_transformers.json": {
                              "__version__": {"sentence_transformers": "5.7.0"}, "activation_fn": activation,
                              "default_prompt_name": None, "model_type": "CrossEncoder", "prompts": {}}})


def cases():
    for part in (functions, activations, lists_of_labels, wrong_labels, pairs, templates,
                 saved_cross_encoder):
        yield from part()
