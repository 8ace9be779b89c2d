"""Values that fields of a model folder might have, by the field's name, and values that fit nowhere."""
ST = "sentence_transformers.models."
WRONG = [None, True, False, 0, 1, -1, 2, 3.5, 1e300, 10**20, "", "x", "\u0000", [], {}, [1], {"a": 1}, [[]]]
ACTIVATIONS = [f"torch.nn.modules.activation.{name}" for name in ("Tanh", "ReLU", "GELU", "Sigmoid", "SiLU", "Mish")]
SIZES = [1, 2, 8, 16, 24, 31, 32, 33, 48, 64, "32", 32.0, True]
LENGTHS = [0, 1, 2, 3, 5, 12, 24, 48, 49, 50, 52, 512, -1, None, "16", 16.0, True]
FLAGS = [True, False, None, 0, 1, "true"]
FIXED = {"Fixed": 8}
PADDING = {"strategy": FIXED, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
           "pad_token": "[PAD]"}
TOKEN = {"content": "<end>", "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}
MODALITY = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}

MODULES = {
    "type": [ST + name for name in ("Pooling", "Dense", "Normalize", "LayerNorm", "Transformer", "Dropout", "LSTM",
                                    "Pooling.Pooling", "CLIPModel")] + ["torch.nn.Identity", "modeling.Pooling"],
    "path": ["", "1_Pooling", "2_Dense", "3_LayerNorm", ".", "./1_Pooling", "../x", "1_Pooling/", "nowhere", None],
    "name": ["0", "1", "2", "x", "", "a.b"], "idx": [0, 1, 7, -1], "kwargs": [[], ["task"]],
    "pooling_mode": ["cls", "mean", "max", "weightedmean", "lasttoken", "mean_sqrt_len_tokens", ["max", "cls"], "median",
                     ["mean"], "CLS"],
    **{f"pooling_mode_{mode}": FLAGS for mode in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens",
                                                  "weightedmean_tokens", "lasttoken")},
    "include_prompt": FLAGS, "word_embedding_dimension": SIZES, "embedding_dimension": SIZES, "in_features": SIZES,
    "out_features": SIZES, "dimension": SIZES, "bias": FLAGS, "activation_function": ACTIVATIONS + [
        "torch.nn.modules.linear.Identity", "torch.nn.Tanh", "my.Act", "torch.tanh"],
    "module_input_name": ["sentence_embedding", "token_embeddings"], "module_output_name": ["sentence_embedding", "y"]}

SETTINGS = {
    "max_seq_length": LENGTHS, "do_lower_case": FLAGS, "model_args": [{}, {"torch_dtype": "auto"}],
    "tokenizer_args": [{}, {"model_max_length": 9}], "config_args": [{}, {"num_hidden_layers": 1}],
    "processing_kwargs": [{}, {"text": {"max_length": 7}}], "unpad_inputs": FLAGS, "modality_config": [MODALITY],
    "transformer_task": ["feature-extraction", "sequence-classification", "fill-mask"],
    "tokenizer_name_or_path": ["bert-base-uncased"], "backend": ["torch", "onnx"],
    "prompts": [{}, {"query": "the "}, None, {"document": "Money "}],
    "query": ["the ", "", None, 5], "document": ["The ", "[SEP]", "", None, 5],
    "default_prompt_name": ["query", "document", "title", "", None, 1],
    "similarity_fn_name": ["cosine", "dot", "euclidean", "jaccard", None],
    "model_type": ["SentenceTransformer", "SparseEncoder", "bert", "roberta", "distilbert", "gpt2", "mpnet"],
    "truncate_dim": [4, 8, 100, 0, -1, None], "__version__": [{"sentence_transformers": "9.9"}, {}, "3"]}

TOKENS = {
    "model_max_length": LENGTHS, "truncation_side": ["left", "right", "up"], "padding_side": ["left", "right"],
    "tokenizer_class": ["BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast", "RobertaTokenizer",
                        "MPNetTokenizer", "BertJapaneseTokenizer", "DistilBertTokenizer", None, "Nobody"],
    "strip_accents": FLAGS, "tokenize_chinese_chars": FLAGS, "handle_chinese_chars": FLAGS, "clean_text": FLAGS,
    "lowercase": FLAGS, "split_special_tokens": FLAGS, "add_prefix_space": FLAGS, "trim_offsets": FLAGS,
    "use_regex": FLAGS, **{f"{name}_token": ["[SEP]", "[UNK]", "<s>", "the", "<new>", None, TOKEN]
                           for name in ("cls", "sep", "pad", "unk", "mask", "bos", "eos")},
    "additional_special_tokens": [[], ["the"], ["<end>"]], "added_tokens_decoder": [{}, {"5": {**TOKEN, "content": "the"}}],
    "content": ["[PAD]", "the", "x"], "single_word": FLAGS, "lstrip": FLAGS, "rstrip": FLAGS, "normalized": FLAGS,
    "special": FLAGS, "id": [0, 1, 2, 5, 119, 120, 9999], "direction": ["Left", "Right"], "max_length": [4, 9, 48],
    "truncation": [None, {"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
                   {"direction": "Right", "max_length": 5, "strategy": "OnlyFirst", "stride": 1}],
    "padding": [None, PADDING], "normalizer": [None, {"type": "Lowercase"}, {"type": "NFC"}],
    "pre_tokenizer": [None, {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"}, {"type": "Whitespace"}],
    "post_processor": [None, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
                       {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}],
    "sep": [["</s>", 2], ["</s>", 3], ["x", 0]], "cls": [["<s>", 0], ["<s>", 1], ["x", 5]], "type_id": [0, 1, 2],
    "decoder": [None], "version": ["1.0", "2.0", None], "continuing_subword_prefix": ["##", "", "@@"],
    "max_input_chars_per_word": [100, 3, 0], "fuse_unk": FLAGS, "byte_fallback": FLAGS, "dropout": [None, 0.0, 0.5],
    "end_of_word_suffix": ["", None, "</w>"], "ids": [[2], [3], [], [5, 6], [9999]], "tokens": [["the"], []]}

CONFIG = {
    "hidden_act": ["gelu", "relu", "gelu_new", "silu", "tanh", "nothing"], "layer_norm_eps": [1e-12, 1e-5, 0.1, 0, "1e-5"],
    "type_vocab_size": [1, 2, 3, 0], "max_position_embeddings": [24, 47, 48, 49, 50, 512],
    "num_attention_heads": [1, 2, 3, 4, 16], "num_hidden_layers": [1, 2, 3, 0], "hidden_size": SIZES,
    "intermediate_size": [40, 32], "vocab_size": [100, 119, 120, 121, 200], "pad_token_id": [0, 1, 5, None, -1],
    "position_embedding_type": ["absolute", "relative_key", None], "is_decoder": FLAGS, "tie_word_embeddings": FLAGS,
    "output_hidden_states": FLAGS, "torch_dtype": ["float32", "float16", "bfloat16"], "chunk_size_feed_forward": [0, 1, 2],
    "relative_attention_num_buckets": [32, 16, 4], "id2label": [{"0": "a"}, {"0": "a", "1": "b"}, ["a"], None],
    "num_labels": [1, 2, 5], "problem_type": ["regression", "multi_label_classification", None, "x"],
    "architectures": [["BertModel"], ["BertForSequenceClassification"], ["BertForTokenClassification"], None, []],
    "sbert_ce_default_activation_function": ["torch.nn.modules.linear.Identity", None],
    "sentence_transformers": [{"activation_fn": "torch.nn.modules.activation.Sigmoid"}, {}, None],
    "activation_fn": ["torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid", "my.Act", None],
    "auto_map": [{"AutoModel": "modeling_x.X"}], "quantization_config": [{"load_in_8bit": True}],
    "pruned_heads": [{}, {"0": [1]}], "add_cross_attention": FLAGS, "is_encoder_decoder": FLAGS}

PLAUSIBLE = {**MODULES, **SETTINGS, **TOKENS, **CONFIG}


def fields_of(name):
    """The fields that a file of this name may have."""
    if name.startswith("sentence_") or name.startswith("config_sentence"):
        return SETTINGS
    if name.startswith("tokenizer") or name.startswith("special"):
        return TOKENS
    return CONFIG if name == "config.json" else MODULES
