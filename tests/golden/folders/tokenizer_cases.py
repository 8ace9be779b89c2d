"""Cases of tokenizer.json, tokenizer_config.json, special_tokens_map.json, vocab.txt and added_tokens.json."""
from . import expected, tokens
from .bases import LINES, LONG
from .case import Case
from .setting_cases import CASED, truncating

CONFIG, JSON = "tokenizer_config.json", "tokenizer.json"
ACCENTS = [{"id": "accents", "text": "\u00e9t\u00e9 \u0130 stra\u00dfe"}, {"id": "chinese", "text": "the\u65e5\u672cmemo"}]
SPECIAL = [{"id": "pad", "text": "the [PAD] memo"}, {"id": "sep", "text": "the[SEP]memo [CLS]"},
           {"id": "mask", "text": "the   [MASK]  memo"}, {"id": "lower", "text": "[mask] [pad]"}]
BYTES = [{"id": "pad", "text": "the <pad> memo"}, {"id": "pads", "text": "<pad><pad>the memo<pad>"},
         {"id": "mask", "text": "the   <mask>  memo"}, {"id": "end", "text": "the</s>memo <s>"}]


def config(**fields):
    changed = {**tokens.bert_files()[CONFIG], **fields}
    return {key: value for key, value in changed.items() if value != "absent"}


def case(name, about, files, want=expected.embed, **fields):
    return Case(f"tokens-{name}", about, want, base=fields.pop("base", "../st-bert"), files=files,
                input=fields.pop("input", CASED), **fields)


def letters():
    yield case("lower-config", "tokenizer.json keeps case, do_lower_case of tokenizer_config.json is true: lowered.",
               {CONFIG: config(do_lower_case=True)})
    yield case("lower-json", "tokenizer.json lowers, do_lower_case of tokenizer_config.json is false: case kept.",
               {JSON: tokens.bert_tokenizer(True)})
    yield case("lower-absent", "tokenizer_config.json without do_lower_case: BertTokenizer lowers.",
               {CONFIG: config(do_lower_case="absent")})
    yield case("no-config", "No tokenizer_config.json: the tokenizer of the model's family, which lowers.", {},
               without=[CONFIG])
    yield case("lower-fast", "tokenizer_class PreTrainedTokenizerFast: tokenizer.json alone counts.",
               {CONFIG: config(do_lower_case=True, tokenizer_class="PreTrainedTokenizerFast")})
    yield case("fast-name", "tokenizer_class BertTokenizerFast: as BertTokenizer.",
               {CONFIG: config(do_lower_case=True, tokenizer_class="BertTokenizerFast")})
    yield case("no-class", "No tokenizer_class: that of the model's family.",
               {CONFIG: config(do_lower_case=True, tokenizer_class="absent")})
    for name, fields in (("strip", {"strip_accents": True}), ("keep", {"do_lower_case": True, "strip_accents": False}),
                         ("lower-strip", {"do_lower_case": True}), ("chinese", {"tokenize_chinese_chars": False})):
        yield case(f"accents-{name}", f"tokenizer_config.json says {fields}.", {CONFIG: config(**fields)}, input=ACCENTS)
    yield case("distilbert", "DistilBertTokenizer, too, follows tokenizer_config.json.", {CONFIG: config(
        tokenizer_class="DistilBertTokenizer", do_lower_case=False)}, base="../st-distilbert")
    yield case("mpnet", "MPNetTokenizer, too, follows tokenizer_config.json.", {CONFIG: {
        **tokens.mpnet_files()[CONFIG], "do_lower_case": False}}, base="../st-mpnet")


def classes():
    vocabulary = "".join(piece + "\n" for piece in tokens.word_pieces())
    japanese = {"tokenizer_class": "BertJapaneseTokenizer", "do_lower_case": False, "word_tokenizer_type": "mecab",
                "subword_tokenizer_type": "wordpiece"}
    yield case("japanese", "BertJapaneseTokenizer with vocab.txt.", {CONFIG: japanese, "vocab.txt": vocabulary}, None,
               without=[JSON], input=LINES[:1], refused=[CONFIG, "tokenizer_class", "BertJapaneseTokenizer"])
    yield case("japanese-json", "BertJapaneseTokenizer beside a tokenizer.json.", {CONFIG: japanese}, None,
               input=LINES[:1], refused=[CONFIG, "tokenizer_class", "BertJapaneseTokenizer"])
    for name in ("KoBertTokenizer", "PhobertTokenizer", "CharacterBertTokenizer"):
        yield case(f"class-{name.lower()}", f"tokenizer_class {name}.", {CONFIG: config(tokenizer_class=name),
                                                                         "vocab.txt": vocabulary}, None,
                   without=[JSON], input=LINES[:1], refused=[CONFIG, "tokenizer_class", name])
    yield case("class-number", "tokenizer_class is a number.", {CONFIG: config(tokenizer_class=7)}, None,
               input=LINES[:1], refused=[CONFIG, "tokenizer_class", "7"])
    yield case("vocabulary", "vocab.txt alone, case kept.", {"vocab.txt": vocabulary}, without=[JSON])
    yield case("vocabulary-lowered", "vocab.txt alone, without tokenizer_config.json: lowered.",
               {"vocab.txt": vocabulary}, without=[JSON, CONFIG])
    yield case("vocabulary-other", "tokenizer.json counts before vocab.txt.",
               {"vocab.txt": "\n".join(reversed(tokens.word_pieces())) + "\n"}, input=LINES[:2])
    yield case("unigram", "Another kind of tokenizer than the family's.", {
        JSON: tokens.deberta_tokenizer(),
        CONFIG: {**tokens.deberta_files()[CONFIG], "tokenizer_class": "PreTrainedTokenizerFast"}}, input=LINES[:3])


def added():
    """An added token has the id of the vocabulary's last piece, so that no model has to grow."""
    last = len(tokens.word_pieces()) - 1
    piece = tokens.word_pieces()[last]
    base = tokens.bert_tokenizer()
    del base["model"]["vocab"][piece]
    text = [{"id": "a", "text": f"the memo<end>the free<END> x"}, {"id": "b", "text": "x <end>  memo"}]

    def with_end(**flags):
        return {**base, "added_tokens": base["added_tokens"] + [tokens.added("<end>", last, **flags)]}

    yield case("added", "A token added in tokenizer.json.", {JSON: with_end()}, input=text)
    yield case("added-strip", "An added token that takes the spaces around it.", {JSON: with_end(lstrip=True,
                                                                                              rstrip=True)}, input=text)
    yield case("added-word", "An added token that has to be a word.", {JSON: with_end(single_word=True)}, input=text)
    yield case("added-normalized", "An added token that is looked for after lowering.",
               {JSON: with_end(normalized=True, special=False), CONFIG: config(do_lower_case=True)}, input=text)
    decoder = {str(last): {key: value for key, value in tokens.added("<end>", 0).items() if key != "id"}}
    yield case("added-config", "A token added in tokenizer_config.json alone.",
               {JSON: base, CONFIG: config(added_tokens_decoder=decoder)}, input=text,
               refused=[CONFIG, "added_tokens_decoder"])
    yield case("added-extra", "additional_special_tokens of tokenizer_config.json.",
               {JSON: base, CONFIG: config(additional_special_tokens=["<end>"])}, input=text,
               refused=[CONFIG, "additional_special_tokens"])
    yield case("added-map", "additional_special_tokens of special_tokens_map.json.",
               {JSON: base, "special_tokens_map.json": {"additional_special_tokens": ["<end>"]}}, input=text,
               refused=["special_tokens_map.json", "additional_special_tokens"])
    other = {"4": {"content": "<mask>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False,
                   "special": True}}
    yield case("added-flags", "tokenizer_config.json says of a token otherwise than tokenizer.json.",
               {CONFIG: {**tokens.roberta_files()[CONFIG], "added_tokens_decoder": other}}, input=BYTES,
               base="../st-roberta", refused=[CONFIG, "added_tokens_decoder"])


def special():
    yield case("special", "Special tokens written out in a text.", {}, input=SPECIAL)
    yield case("special-split", "split_special_tokens: they are text.", {CONFIG: config(split_special_tokens=True)},
               input=SPECIAL, refused=[CONFIG, "split_special_tokens"])
    yield case("roberta-pad", "A pad token written out in a text, of which RoBERTa counts no position.", {}, input=BYTES,
               base="../st-roberta")
    yield case("mpnet-pad", "A pad token written out in a text, of which MPNet counts no position.", {}, input=BYTES,
               base="../st-mpnet")
    yield case("gpt2-special", "A special token written out in a text.", {}, base="../st-gpt2",
               input=[{"id": "end", "text": "the<|endoftext|>memo"}, {"id": "space", "text": " the  memo "}])
    yield case("deberta-special", "Special tokens and spaces in Unigram.", {}, input=SPECIAL + CASED[:2],
               base="../st-deberta")


def sides():
    yield case("left", "truncation_side left: a text loses its beginning.",
               {CONFIG: config(truncation_side="left"), "sentence_bert_config.json": {"max_seq_length": 14}},
               input=[LINES[0], LONG], refused=[CONFIG, "truncation_side", "left"])
    yield case("left-json", "direction Left in the truncation of tokenizer.json: the same.",
               {JSON: truncating("Left", 9), "sentence_bert_config.json": {"max_seq_length": 14}},
               input=[LINES[0], LONG], refused=[JSON, "truncation", "Left"])
    yield case("left-both", "truncation_side of tokenizer_config.json counts before tokenizer.json.",
               {JSON: truncating("Left", 9), CONFIG: config(truncation_side="right"),
                "sentence_bert_config.json": {"max_seq_length": 14}}, input=[LINES[0], LONG],
               refused=[JSON, "truncation", "Left"])
    yield case("side-unknown", "truncation_side that there is not.", {CONFIG: config(truncation_side="middle")}, None,
               input=LINES[:1], refused=[CONFIG, "truncation_side", "middle"])
    yield case("padding-left", "padding_side left, which changes no text computed alone.",
               {CONFIG: config(padding_side="left")}, input=LINES[:2])
    space = {**tokens.roberta_files()[CONFIG], "add_prefix_space": True}
    texts = [{"id": "a", "text": "the memo"}, {"id": "b", "text": " the memo"}, {"id": "c", "text": "free </s>the memo"}]
    yield case("prefix-space", "add_prefix_space of tokenizer_config.json counts before tokenizer.json.", {CONFIG: space},
               base="../st-roberta", input=texts)
    prefixed = tokens.roberta_tokenizer()
    prefixed["pre_tokenizer"]["add_prefix_space"] = True
    yield case("prefix-space-json", "add_prefix_space is true in tokenizer.json and false in tokenizer_config.json.",
               {JSON: prefixed}, base="../st-roberta", input=texts)


def cases():
    for part in (letters, classes, added, special, sides):
        yield from part()
