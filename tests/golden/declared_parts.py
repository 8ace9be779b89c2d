"""Cases for make_declared_tokenizers.py: pre-tokenizers that split, and the options of BPE and WordPiece."""
from declared_cases import BERT, GPT2, case, of_class, token

PLAIN = of_class("PreTrainedTokenizerFast")
# Marks where each word of the splitting pre-tokenizer before it begins.
MARK = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": False}
GPT2_REGEX = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K_REGEX = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2_REGEX = CL100K_REGEX.replace("{1,3}", "")
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
TEXTS = ["ab  cd ", "  x--y.z!", "I'LL we're '\u017fa 'Ve x's", "1234567 a12\u00b2\u0663 3.5", "a\r\n\n  b \t\n c  \n",
         "\u00e9t\u00e9, $5 (no)\u3000_a_b", "-", "don't... \u4e1c\u4eac12 \n"]


def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def pre(name, *parts, texts=None):
    """GPT-2's pieces behind other pre-tokenizers."""
    sequence = {"type": "Sequence", "pretokenizers": [*parts, MARK]}
    return case(name, GPT2, PLAIN, TEXTS if texts is None else texts, set={"/pre_tokenizer": sequence})


def splits():
    made = []
    for behavior in BEHAVIORS:
        for invert in (False, True):
            made.append(pre(f"spaces, {behavior}{', inverted' if invert else ''}",
                            split({"String": " "}, behavior, invert), texts=TEXTS[:2] + TEXTS[4:5] + ["-- a"]))
        made.append(pre(f"punctuation, {behavior}", {"type": "Punctuation", "behavior": behavior},
                        texts=[TEXTS[1], TEXTS[5], TEXTS[6], "..a..b.."]))
    for name, regex in {"GPT-2": GPT2_REGEX, "cl100k": CL100K_REGEX, "Qwen2": QWEN2_REGEX}.items():
        made += [pre(f"{name}, isolated", split({"Regex": regex}, "Isolated")),
                 pre(f"{name}, inverted and removed", split({"Regex": regex}, "Removed", True), texts=TEXTS[2:5])]
    for regex in (r"\s+", r"\s", r"\p{N}+", r"\p{N}{1,3}", r"\p{N}", r"\d+", r"\d"):
        made += [pre(f"{regex}, {behavior}", split({"Regex": regex}, behavior), texts=TEXTS[3:6])
                 for behavior in ("Removed", "MergedWithPrevious")]
    return made + [
        pre("punctuation by default", {"type": "Punctuation"}), pre("Whitespace", {"type": "Whitespace"}),
        pre("BertPreTokenizer", {"type": "BertPreTokenizer"}),
        pre("digits", {"type": "Digits", "individual_digits": False}),
        pre("individual digits", {"type": "Digits", "individual_digits": True}),
        pre("strings of several characters", split({"String": "--"}, "MergedWithNext"), split({"String": "y."}, "Removed")),
        pre("one after the other", {"type": "Digits", "individual_digits": True}, split({"Regex": GPT2_REGEX}, "Isolated"))]


def bpe(vocab, merges, **options):
    ids = {piece: i for i, piece in enumerate(vocab)}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": ids, "merges": merges,
             **options}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None, "model": model}


def bytes_but(*missing):
    return [f"<0x{byte:02X}>" for byte in range(0x80, 0x100) if byte not in missing] + ["<0x7A>"]


def bpe_options():
    pieces = ["<unk>", "a", "b", "ab", "c", "abc"]
    merges = ["a b", "ab c"]
    texts = ["abc xabz\u00e9a", "xx\u00e9yy \u4e1c\u00e9\u4e1cx", "z\u00e9z", "ab\u00e9\u4e1c\u4e1c"]
    made = []
    for fused in (False, True):
        for name, missing in {"all bytes": (), "some bytes": (0xB8,)}.items():
            for unknown in ("<unk>", None):
                tokenizer = bpe(pieces + bytes_but(*missing), merges, byte_fallback=True, fuse_unk=fused,
                                unk_token=unknown)
                made.append(case(f"byte_fallback, {name}, unknown {unknown}, fused {fused}", None, PLAIN, texts,
                                 tokenizer=tokenizer))
    ended = bpe(["<unk>", "l", "o", "w", "w</w>", "lo", "low</w>", "o</w>", "low"], ["l o", "lo w</w>", "lo w"],
                end_of_word_suffix="</w>", unk_token="<unk>")
    continued = bpe(["<unk>", "l", "##o", "##w", "lo", "low", "##ow", "o"], ["##o ##w", "l ##o", "lo ##w"],
                    continuing_subword_prefix="##", unk_token="<unk>")
    ignoring = bpe(["<unk>", "a", "b", "ab", "abb"], ["a b"], ignore_merges=True, unk_token="<unk>")
    affixed = ["low lo owl l o w", "lolow wx"]
    return made + [
        case("end of word", None, PLAIN, affixed, tokenizer=ended),
        case("continuing prefix", None, PLAIN, affixed, tokenizer=continued),
        case("ignored merges", None, PLAIN, ["abb ab bab"], tokenizer=ignoring),
        case("dropout is for training", GPT2, PLAIN, TEXTS, set={"/model/dropout": 0.5}, random=True)]


def word_pieces():
    texts = ["The meeting, free!", "x" * 101 + " the", "caf\u00e9 [SEP]\u4e1c the-list", "thelist"]
    nfc = {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]}
    whitespace = {"type": "Whitespace"}
    return [
        case("WordPiece behind Whitespace", BERT, PLAIN, texts, set={"/pre_tokenizer": whitespace}),
        case("WordPiece behind other normalizers", BERT, of_class("BertTokenizer"), texts, set={"/normalizer": nfc}),
        case("WordPiece without normalizer", BERT, PLAIN, texts, set={"/normalizer": None}),
        case("WordPiece, digits and added tokens", BERT, PLAIN, texts + ["a12 b3"], set={
            "/pre_tokenizer": {"type": "Sequence", "pretokenizers": [whitespace, {"type": "Digits",
                                                                                 "individual_digits": True}]},
            "/added_tokens/-": {"id": 162, **token("-list", normalized=True, special=False)}})]


def groups():
    return {"splits": splits(), "bpe_options": bpe_options(), "word_pieces": word_pieces()}
