"""Cases for make_declared_tokenizers.py: classes, vocabularies, lengths, pairs."""

BERT = "tiny-bert"
ROBERTA = "tokenizers/roberta"
GPT2 = "tokenizers/gpt2"
XLMR = "tokenizers/xlmr"
ALBERT = "tokenizers/albert"
DEBERTA = "tokenizers/deberta"

TEXTS = ["The MEETING about Money", "Caf\u00e9 na\u00efve \u4e1c\u4eac free", "a [MASK] b<mask> c </s> [SEP] d <s>NOTUSED",
         " <|endoftext|>click here ", ""]
PAIRS = [("the meeting about money", "free [SEP] list"), ("", "click")]


def case(name, base, config=None, texts=None, **fields):
    made = {"name": name, "texts": TEXTS if texts is None else texts, **fields}
    if base:
        made["base"] = base
    files = {name.replace("__", "."): content for name, content in fields.pop("files", {}).items()}
    if config is not None:
        files["tokenizer_config.json"] = config
    made["files"] = files
    return made


def of_class(name, **fields):
    return {"tokenizer_class": name, **fields}


def model(model_type, **fields):
    return {"config__json": {"model_type": model_type, **fields}}


def token(content, **flags):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **flags}


def added(content, **flags):
    return {"__type": "AddedToken", **token(content, **flags)}


def lines(*pieces, end="\n"):
    return "".join(piece + end for piece in pieces)


CASED = {"/normalizer/lowercase": False}


def bert_classes():
    bert = "BertTokenizer"
    return [
        case("lower case by the configuration", BERT, of_class(bert, do_lower_case=True, strip_accents=None), set=CASED),
        case("case kept by the configuration", BERT, of_class(bert, do_lower_case=False)),
        case("accents kept by the configuration", BERT, of_class(bert, strip_accents=False)),
        case("accents stripped, case kept", BERT, of_class(bert, do_lower_case=False, strip_accents=True)),
        case("ideographs left together", BERT, of_class(bert, tokenize_chinese_chars=False)),
        case("lower case by the class", BERT, of_class("BertTokenizerFast"), set=CASED),
        case("lower case by the model type", BERT, None, set=CASED, files=model("bert")),
        case("class of config.json", BERT, {}, set=CASED, files=model("gpt2", tokenizer_class=bert)),
        case("tokenizer.json as it is", BERT, of_class("PreTrainedTokenizerFast", do_lower_case=True), set=CASED,
             pairs=PAIRS),
        case("DistilBERT has no types", BERT, of_class("DistilBertTokenizer", do_lower_case=False), pairs=PAIRS),
        case("ELECTRA", BERT, None, set=CASED, files=model("electra"), pairs=PAIRS),
        case("MPNet on BERT's pieces", BERT, of_class("MPNetTokenizer", do_lower_case=False, tokenize_chinese_chars=False),
             pairs=PAIRS),
        case("another normalizer is left alone", BERT, of_class(bert, do_lower_case=False),
             set={"/normalizer": {"type": "Lowercase"}}),
        case("types by model_input_names", BERT, of_class("DistilBertTokenizer", model_input_names=[
            "input_ids", "token_type_ids"]), pairs=PAIRS, texts=["a"]),
        case("no types by model_input_names", BERT, of_class(bert, model_input_names=["input_ids"]), pairs=PAIRS,
             texts=["a"])]


def other_classes():
    mask = {"/added_tokens/4/normalized": True, "/added_tokens/4/lstrip": False}
    return [
        case("RoBERTa by the model type", ROBERTA, None, files=model("roberta"), pairs=PAIRS, set=mask),
        case("RoBERTa with a space", ROBERTA, of_class("RobertaTokenizer", add_prefix_space=True, trim_offsets=True),
             pairs=PAIRS),
        case("RoBERTa without the file's space", ROBERTA, of_class("RobertaTokenizer"),
             set={"/pre_tokenizer/add_prefix_space": True}),
        case("GPT-2 with a space", GPT2, of_class("GPT2Tokenizer", add_prefix_space=True), pairs=PAIRS),
        case("GPT-2 without the file's space", GPT2, None, set={"/pre_tokenizer/add_prefix_space": True},
             files=model("gpt2")),
        case("the file's space as it is", GPT2, of_class("PreTrainedTokenizerFast", add_prefix_space=False),
             set={"/pre_tokenizer/add_prefix_space": True}),
        case("GPT-2 on RoBERTa's pieces", ROBERTA, of_class("GPT2Tokenizer", pad_token="[PAD]", add_bos_token=True)),
        case("XLM-R", XLMR, of_class("XLMRobertaTokenizer"), pairs=PAIRS),
        case("XLM-R and a mask that strips nothing", XLMR, None, files=model("xlm-roberta"),
             set={"/added_tokens/3/lstrip": False}),
        case("CamemBERT", XLMR, of_class("CamembertTokenizer"), pairs=PAIRS),
        case("CamemBERT without additional tokens", XLMR, of_class("CamembertTokenizer",
                                                                   additional_special_tokens=None)),
        case("DeBERTa", DEBERTA, None, files=model("deberta-v2"), pairs=PAIRS),
        case("ALBERT", ALBERT, of_class("AlbertTokenizer", do_lower_case=False, keep_accents=True), pairs=PAIRS)]


def mpnet():
    """As published: BERT's pieces, RoBERTa's special tokens."""
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    ids = {f"/model/vocab/{name.replace('/', '~1')}": 162 + i for i, name in enumerate(names)}
    own = {"/added_tokens": [{"id": ids[pointer], **token(name, special=True, lstrip=name == "<mask>",
                                                          normalized=name in ("<s>", "<mask>"))}
                             for name, pointer in zip(names, ids)]}
    roberta = {"/post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 164], "cls": ["<s>", 162],
                                   "trim_offsets": True, "add_prefix_space": False}}
    strings = of_class("MPNetTokenizer", bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>",
                       unk_token="[UNK]", pad_token="<pad>", mask_token="<mask>", do_lower_case=True,
                       model_max_length=512)
    decoder = {"added_tokens_decoder": {"162": token("<s>", special=True), "1": token("[UNK]", special=True),
                                        "166": token("<mask>", lstrip=True, special=True)}}
    changes = {**ids, **own, **roberta}
    return [case("MPNet by the model type", BERT, None, set=changes, files=model("mpnet"), pairs=PAIRS),
            case("MPNet, roles as strings", BERT, strings, set=changes, pairs=PAIRS),
            case("MPNet, roles and a decoder", BERT, {**strings, **decoder}, set=changes, pairs=PAIRS),
            case("MPNet, ideographs by the file", BERT, of_class("MPNetTokenizer", tokenize_chinese_chars=True),
                 set={**changes, "/normalizer/handle_chinese_chars": False})]


def vocabularies():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "meeting", "Meeting", "caf", "##e", "\u00e9", "caf\u00e9", "a ",
              "", "the", "\u4e1c", "\u4e1c\u4eac", "[MASK]"]
    mpnet = ["<s>", "<pad>", "</s>", "[UNK]", "the", "meeting", "caf\u00e9", "cafe", "<mask>", "\u4e1c"]
    texts = ["The Meeting caf\u00e9", "a the Caf\u00e9 \u4e1c\u4eac[MASK] <mask> x", ""]
    bert = {"vocab__txt": lines(*pieces)}
    return [
        case("vocab.txt by the model type", None, None, texts, files={**bert, **model("bert")}, pairs=PAIRS),
        case("vocab.txt, cased", None, of_class("BertTokenizer", do_lower_case=False, do_basic_tokenize=False), texts,
             files={"vocab__txt": lines(*pieces, end="\r\n")}),
        case("vocab.txt, ideographs together", None, of_class("DistilBertTokenizer", tokenize_chinese_chars=False,
                                                              strip_accents=False), texts, files=bert, pairs=PAIRS),
        case("vocab.txt without [MASK] and with added tokens", None, of_class("ElectraTokenizer", do_lower_case=False),
             texts + ["New new Meeting"], files={"vocab__txt": lines(*pieces[:-1]).rstrip("\n"),
                                                 "added_tokens__json": {"New": 16, "Meeting": 6}}),
        case("vocab.txt with other special tokens", None, of_class("BertTokenizer", cls_token="the", sep_token="caf",
                                                                   unk_token="[PAD]"), texts, files=bert),
        case("vocab.txt and a decoder", None, of_class("BertTokenizer", pad_token="[PAD]", added_tokens_decoder={
            "0": token("[PAD]", special=True), "2": token("[CLS]", lstrip=True, special=True), "40": token("New"),
            "5": token("meeting", single_word=True)}), texts + ["New [CLS] meetings meeting"], files=bert),
        case("vocab.txt of MPNet", None, of_class("MPNetTokenizer"), texts, files={"vocab__txt": lines(*mpnet)},
             pairs=PAIRS),
        case("vocab.txt of MPNet with types", None, of_class("MPNetTokenizer", do_lower_case=False, model_input_names=[
            "input_ids", "token_type_ids"]), texts, files={"vocab__txt": lines(*mpnet)}, pairs=PAIRS)]


def lengths():
    bert, plain = "BertTokenizer", "PreTrainedTokenizerFast"
    left = {"direction": "Left", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    values = {"12": 12, "none": None, "1e30": int(1e30), "1e20 as a float": 1e20, "1e9": 1000000000}
    made = [case(f"model_max_length {name}", BERT, of_class(bert, model_max_length=value), ["a"])
            for name, value in values.items()]
    cut = {"texts": ["the meeting about money, please", "a"], "lengths": [3, 5, 9]}
    return made + [
        case("max_len", BERT, of_class(bert, max_len=40), ["a"]),
        case("model_max_length before max_len", BERT, of_class(bert, max_len=40, model_max_length=30), ["a"]),
        case("cut on the left", BERT, of_class(bert, truncation_side="left", padding_side="left"), **cut),
        case("cut on the left by tokenizer.json", BERT, of_class(plain), set={"/truncation": left}, **cut),
        case("cut on the right all the same", BERT, of_class(bert, truncation_side="right"), set={"/truncation": left},
             **cut),
        case("GPT-2 cut on the left", GPT2, of_class("GPT2Tokenizer", truncation_side="left"), **cut)]


def pairs():
    texts = [("a b c d e f g", "h i j"), ("h i j", "a b c d e f g"), ("a b c d e f g", "h i j k l m n o p"),
             ("a b c d e f g h i j k l m n o p", "q r s t u v w x y"), ("", "a b c d e f"), ("a b c", ""), ("", "")]
    fields = {"texts": [], "pairs": texts, "pair_lengths": [4, 5, 6, 7, 8, 9, 13, 64]}

    def piece(kind, name, type_id):
        return {kind: {"id": name, "type_id": type_id}}
    a, b = piece("Sequence", "A", 0), piece("Sequence", "B", 1)
    cls, sep = piece("SpecialToken", "[CLS]", 0), piece("SpecialToken", "[SEP]", 2)
    sides = {"": {}, ", left": {"truncation_side": "left"}}
    made = []
    for name, side in sides.items():
        made += [case("BERT" + name, BERT, of_class("BertTokenizer", **side), **fields),
                 case("RoBERTa" + name, ROBERTA, of_class("RobertaTokenizer", **side), **fields),
                 case("GPT-2" + name, GPT2, of_class("PreTrainedTokenizerFast", **side), **fields)]
    bert, plain = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, of_class("PreTrainedTokenizerFast")
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    few = {"texts": ["a"], "pairs": texts[:3], "pair_lengths": [5, 64]}
    return made + [
        case("BertProcessing", BERT, plain, set={"/post_processor": bert}, **few),
        case("the second text first", BERT, plain, set={"/post_processor/pair": [cls, b, sep, a]}, **few),
        case("types of the template", BERT, plain, set={"/post_processor/pair": [cls, a, sep, b, sep]}, **few),
        case("no post-processor", BERT, plain, set={"/post_processor": None}, **few),
        case("byte level, then BERT's", BERT, plain, set={"/post_processor": {
            "type": "Sequence", "processors": [level, bert]}}, **few),
        case("RobertaProcessing on types", ROBERTA, plain, **few)]


def groups():
    return {"bert_classes": bert_classes(), "other_classes": other_classes() + mpnet(), "vocabularies": vocabularies(),
            "lengths": lengths(), "pairs": pairs()}
