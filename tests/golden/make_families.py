#!/usr/bin/env python3
"""Makes tests/data/families: a small checkpoint of every family, with what Hugging Face's transformers compute of it.

    apt-get install python3-torch && python3 -m venv --system-site-packages venv
    venv/bin/pip install transformers==4.36.2 safetensors==0.4.5
    venv/bin/python make_families.py --out ../data/families [--only NAME ...]

<name>/config.json, model.safetensors  as save_pretrained writes them, in the dtype given below
<name>/golden.safetensors              for sequences of N tokens, computed in double precision from those weights:
    ids.N     U8  [N]
    states.N  F32 [N, hidden]      final states
    map.N     F32 [heads, N, N]    attention map of the last layer
    logits.N  F32 [labels]         of models with a classification head, or [vocabulary] of the last token's
                                   successor
<name>/padding.safetensors             the same for sequences with padding tokens inside, which attend as all others do;
                                       of models whose positions do not count them
<name>/long.safetensors                ids and states of a sequence as long as the model takes; where lengths up to 64
                                       do not tell all buckets of distances
relative_rows.safetensors              "BUCKETS.LONGEST": F32 rows of DeBERTa's position table for the distances
                                       -2 * LONGEST + 1 to 2 * LONGEST - 1
distance_buckets.safetensors           "mpnet": F32 MPNet's buckets of the distances key - query of -600 to 600

MPNet and what is of padding tokens was made with transformers 4.44.2.
"""
import argparse
import os

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

LENGTHS = (1, 2, 7, 33, 64)
PADDED_LENGTHS = (1, 7, 40)
LONG = 200
VOCABULARY, HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS = 90, 64, 2, 2, 96, 64
FIRST_ID = 4  # ids below are special: padding among them
PADDING_ID = 1  # of the models with padding.safetensors
FURTHEST = 600
LABELS = {0: "ham", 1: "spam", 2: "unsure"}
BUCKETS = ((8, 64), (8, 33), (32, 128), (256, 512), (7, 20))

BERT_SIZES = dict(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                  intermediate_size=INTERMEDIATE, max_position_embeddings=POSITIONS)
DEBERTA_V3 = dict(relative_attention=True, position_buckets=8, max_relative_positions=-1, pos_att_type="p2c|c2p",
                  share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0)
DEBERTA_V2 = dict(relative_attention=True, position_buckets=-1, max_relative_positions=24, pos_att_type="c2p",
                  share_att_key=False, norm_rel_ebd="none", position_biased_input=True, type_vocab_size=2)
GPT2_SIZES = dict(vocab_size=VOCABULARY, n_embd=HIDDEN, n_layer=LAYERS, n_head=HEADS, n_inner=INTERMEDIATE,
                  n_positions=POSITIONS, bos_token_id=0, eos_token_id=0)

# name: (class, configuration, dtype of the file)
MODELS = {
    "bert-classifier": ("BertForSequenceClassification", transformers.BertConfig(**BERT_SIZES, id2label=LABELS),
                        torch.float32),
    "distilbert-classifier": (
        "DistilBertForSequenceClassification",
        transformers.DistilBertConfig(vocab_size=VOCABULARY, dim=HIDDEN, n_layers=LAYERS, n_heads=HEADS,
                                      hidden_dim=INTERMEDIATE, max_position_embeddings=POSITIONS), torch.float16),
    "roberta-classifier": (
        "RobertaForSequenceClassification",
        transformers.RobertaConfig(**{**BERT_SIZES, "max_position_embeddings": POSITIONS + 2}, id2label=LABELS,
                                   type_vocab_size=1, layer_norm_eps=1e-5), torch.bfloat16),
    "deberta-v3-classifier": ("DebertaV2ForSequenceClassification",
                              transformers.DebertaV2Config(**BERT_SIZES, **DEBERTA_V3, id2label=LABELS),
                              torch.float32),
    "deberta-v2": ("DebertaV2Model", transformers.DebertaV2Config(**BERT_SIZES, **DEBERTA_V2), torch.float16),
    "gpt2": ("GPT2LMHeadModel", transformers.GPT2Config(**GPT2_SIZES), torch.float32),
    "gpt2-classifier": ("GPT2ForSequenceClassification", transformers.GPT2Config(**GPT2_SIZES, id2label=LABELS),
                        torch.bfloat16),
    "mpnet": ("MPNetModel", transformers.MPNetConfig(**{**BERT_SIZES, "max_position_embeddings": LONG + 2}),
              torch.float16),
    "mpnet-classifier": (
        "MPNetForSequenceClassification",
        transformers.MPNetConfig(**{**BERT_SIZES, "max_position_embeddings": POSITIONS + 2}, id2label=LABELS,
                                 layer_norm_eps=1e-5), torch.bfloat16),
}
PADDED_MODELS = ("roberta-classifier", "mpnet", "mpnet-classifier")
LONG_MODELS = ("mpnet",)


def deviation(name):
    """Large enough that attention maps are far from uniform and every term of every layer matters."""
    if "relative_attention_bias" in name:
        return 1.0
    if "token_type" in name:
        return 0.2
    if "position_embeddings" in name or "wpe" in name:
        return 0.3
    return 1.0 if "embeddings" in name or "wte" in name else 0.15


def is_norm(name):
    return any(part in name for part in ("LayerNorm", "layer_norm", "ln_"))


def draw_weights(model, source):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = source.standard_normal(tuple(parameter.shape))
            if is_norm(name):
                drawn = drawn * 0.1 + (1 if name.endswith("weight") else 0)
            else:
                drawn = drawn * (0.1 if name.endswith("bias") else deviation(name))
            parameter.copy_(torch.from_numpy(drawn))


def golden_of(model, ids):
    """A model in double precision and a list of ids -> {part: tensor}"""
    batch = torch.tensor([ids])
    with torch.no_grad():
        output = model(input_ids=batch, attention_mask=torch.ones_like(batch), output_attentions=True,
                       output_hidden_states=True)
    parts = {"ids": torch.tensor(ids, dtype=torch.uint8), "states": output.hidden_states[-1][0].float(),
             "map": output.attentions[-1][0].float()}
    if hasattr(output, "logits"):
        logits = output.logits[0]
        parts["logits"] = (logits[-1] if logits.dim() == 2 else logits).float()
    return parts


def golden_file(model, sequences, path, parts=None):
    golden = {}
    for ids in sequences:
        for part, tensor in golden_of(model, ids).items():
            if parts is None or part in parts:
                golden[f"{part}.{len(ids)}"] = tensor.contiguous()
    save_file(golden, path)


def write_model(folder, class_name, config, dtype, source):
    model = getattr(transformers, class_name)(config).eval()
    draw_weights(model, source)
    model.to(dtype).save_pretrained(folder, safe_serialization=True)
    if os.path.exists(folder + "/generation_config.json"):  # how to sample, which nobody here reads
        os.remove(folder + "/generation_config.json")
    sequences = [[int(one) for one in source.integers(FIRST_ID, VOCABULARY, length)] for length in LENGTHS]
    golden_file(model.double(), sequences, folder + "/golden.safetensors")


def load_model(folder, class_name, config):
    """In double precision, from the file: what write_model left there."""
    model = getattr(transformers, class_name)(config).eval()
    missing, _ = model.load_state_dict(load_file(folder + "/model.safetensors"), strict=False)
    assert all(name.endswith("position_ids") for name in missing), missing
    return model.double()


def write_padding(folder, model, source):
    """Paddings in front, one behind the other, and in the second half."""
    sequences = []
    for length in PADDED_LENGTHS:
        ids = [int(one) for one in source.integers(FIRST_ID, VOCABULARY, length)]
        for place in (0, length // 3, length // 3 + 1, length - 2):
            ids[min(max(place, 0), length - 1)] = PADDING_ID
        sequences.append(ids)
    golden_file(model, sequences, folder + "/padding.safetensors")


def write_long(folder, model, source):
    ids = [int(one) for one in source.integers(FIRST_ID, VOCABULARY, LONG)]
    golden_file(model, [ids], folder + "/long.safetensors", ("ids", "states"))


def distance_buckets():
    return MPNetEncoder.relative_position_bucket(torch.arange(-FURTHEST, FURTHEST + 1)).float()


def relative_rows(buckets, longest):
    distances = torch.arange(-2 * longest + 1, 2 * longest)
    rows = make_log_bucket_position(distances, buckets, longest).long() + buckets
    return rows.clamp(0, 2 * buckets - 1).float()


def write_models(out, names):
    for seed, (name, (class_name, config, dtype)) in enumerate(MODELS.items()):
        if name in names:
            os.makedirs(f"{out}/{name}", exist_ok=True)
            write_model(f"{out}/{name}", class_name, config, dtype, numpy.random.default_rng(seed))


def write_extras(out, names):
    for kind, models, write in (("padding", PADDED_MODELS, write_padding), ("long", LONG_MODELS, write_long)):
        for seed, name in enumerate(models):
            if kind in names:
                model = load_model(f"{out}/{name}", *MODELS[name][:2])
                write(f"{out}/{name}", model, numpy.random.default_rng(100 + seed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    every = [*MODELS, "padding", "long", "relative_rows", "distance_buckets"]
    parser.add_argument("--only", nargs="+", default=every, choices=every)
    arguments = parser.parse_args()
    write_models(arguments.out, arguments.only)
    write_extras(arguments.out, arguments.only)
    if "relative_rows" in arguments.only:
        save_file({f"{buckets}.{longest}": relative_rows(buckets, longest) for buckets, longest in BUCKETS},
                  f"{arguments.out}/relative_rows.safetensors")
    if "distance_buckets" in arguments.only:
        save_file({"mpnet": distance_buckets()}, f"{arguments.out}/distance_buckets.safetensors")


if __name__ == "__main__":
    main()
