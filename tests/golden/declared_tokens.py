"""Cases for make_declared_tokenizers.py: special and added tokens."""
from declared_cases import BERT, CASED, GPT2, ROBERTA, TEXTS, added, case, of_class, token


def special_tokens():
    bert, plain = "BertTokenizer", "PreTrainedTokenizerFast"
    padding = {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
               "pad_type_id": 0, "pad_token": "the"}
    legacy = {"special_tokens_map__json": {"cls_token": token("[CLS]", lstrip=True), "eos_token": "<end>",
                                           "additional_special_tokens": ["<x>", token("<y>", rstrip=True)]}}
    texts = ["a [CLS] b <end> c<x> <y> d", "the THE [SEP] a <z>x", " [MASK]"]
    return [
        case("roles without tokens", BERT, of_class(bert, cls_token=None, sep_token="", mask_token="the"), texts),
        case("roles of tokenizer_config.json", BERT, of_class(bert, bos_token=added("the", lstrip=True), eos_token="<end>",
                                                             additional_special_tokens=["<x>", added("<y>", rstrip=True)]),
             texts),
        case("roles of special_tokens_map.json", BERT, of_class(bert, cls_token="the", additional_special_tokens=["<z>"]),
             texts, files=legacy),
        case("special_tokens_map.json does not count", BERT, of_class(bert, added_tokens_decoder={}), texts,
             files=legacy),
        case("padding names the token", BERT, of_class(plain), texts, set={"/padding": padding}),
        case("padding is outvoted", BERT, of_class(plain, pad_token="[PAD]"), texts, set={"/padding": padding}),
        case("no roles at all", BERT, of_class(plain), texts),
        case("a mask that strips", ROBERTA, of_class("RobertaTokenizer", mask_token=added("<mask>", rstrip=True)),
             ["a <mask> b", "<mask>"]),
        case("a string mask on a plain token", ROBERTA, of_class("RobertaTokenizer", mask_token="<mask>"),
             ["a <mask> b", "<mask>"], set={"/added_tokens/4/lstrip": False, "/added_tokens/4/special": False})]


def changed_flags():
    """A token of tokenizer.json that the configuration declares anew."""
    made = []
    for first in ({}, {"normalized": True}, {"special": True}, {"normalized": True, "special": True}):
        for then in ({}, {"normalized": True, "rstrip": True}, {"special": True, "lstrip": True},
                     {"normalized": True, "special": True, "single_word": True}):
            config = of_class("BertTokenizer", added_tokens_decoder={"109": token("THE", **then)})
            own = {"id": 162, **token("THE", special=False)}
            made.append(case(f"{first} becomes {then}", BERT, config, ["theTHE Thes", "x THEx"],
                             set={"/added_tokens/-": {**own, **first}}))
    mask = of_class("RobertaTokenizer", added_tokens_decoder={"4": token("<mask>", rstrip=True, special=True)})
    return made + [case("a mask that strips the other side", ROBERTA, mask, ["a <mask> b", " <mask> "]),
                   case("a class's mask strips", ROBERTA, of_class("RobertaTokenizer"), ["a <mask> b", " <mask> "],
                        set={"/added_tokens/4/lstrip": False})]


def added_tokens():
    bert = "BertTokenizer"
    flags = [{"lstrip": True}, {"rstrip": True}, {"single_word": True}, {"normalized": True},
             {"normalized": True, "special": True}, {"special": True}, {"lstrip": True, "rstrip": True, "special": True}]
    texts = ["x NewTok y", "xNewToky  newtok", "(NewTok) NEWTOK \t NewTok\u3000z", "the [MASK] a[MASK] THE"]
    decoder = [case(f"decoder, {' '.join(chosen)}", BERT,
                    of_class(bert, added_tokens_decoder={"162": token("NewTok", **chosen)}), texts) for chosen in flags]
    return decoder + [
        case("decoder changes flags", BERT, of_class(bert, mask_token="[MASK]", added_tokens_decoder={
            "4": token("[MASK]", lstrip=True, special=True), "0": token("[PAD]", special=True)}), texts),
        case("decoder adds a piece", BERT, of_class(bert, added_tokens_decoder={"109": token("the", normalized=True)}),
             texts),
        case("decoder in its order, not by its ids", BERT, of_class(bert, added_tokens_decoder={
            "900": token("NewTok"), "300": token("(", special=True), "400": token("zz")}), texts),
        case("normalized by the file, not by the configuration", BERT, of_class(bert, do_lower_case=False),
             texts, files={"added_tokens__json": {"NewTok": 162}}),
        case("normalized by the file, which keeps case", BERT, of_class(bert), texts, set=CASED,
             files={"added_tokens__json": {"NewTok": 162, "the": 163}}),
        case("added_tokens.json, special", BERT, of_class(bert, additional_special_tokens=["NewTok"]), texts,
             files={"added_tokens__json": {"NewTok": 162, "zz": 700, "[MASK]": 4}}),
        case("added_tokens.json against tokenizer.json", BERT, of_class(bert), texts, set={
            "/added_tokens/-": {"id": 162, **token("NewTok", lstrip=True, special=False)}},
             files={"added_tokens__json": {"NewTok": 500}}),
        *changed_flags(),
        case("a token in the whitespace of the one before", ROBERTA, of_class("RobertaTokenizer", added_tokens_decoder={
            "3000": token("New", rstrip=True), "3001": token("  z"), "3002": token(" "), "3003": token("y", lstrip=True)}),
             ["New   z", "New  x", "New   y", "New", "New  ", " New New"]),
        case("tokens alike once normalized", BERT, of_class("BertTokenizer", added_tokens_decoder={
            "162": token("NEW", normalized=True), "163": token("new", normalized=True, special=True),
            "164": token("New", normalized=True)}), ["NEW", "new New"]),
        case("GPT-2, new tokens", GPT2, of_class("GPT2Tokenizer", pad_token="<pad>", added_tokens_decoder={
            "3000": token("NewTok", lstrip=True), "0": token("<|endoftext|>", normalized=True, special=True)}),
             texts + TEXTS)]


def groups():
    return {"special_tokens": special_tokens(), "added_tokens": added_tokens()}
