#!/usr/bin/env python3
"""Makes tests/data/families: a small checkpoint of every family, with what Hugging Face's transformers compute of it.

    apt-get install python3-torch && python3 -m venv --system-site-packages venv
    venv/bin/pip install transformers==4.36.2 safetensors==0.4.5
    venv/bin/python make_families.py --out ../data/families

<name>/config.json, model.safetensors  as save_pretrained writes them, in the dtype given below
<name>/golden.safetensors              for sequences of N tokens, computed in double precision from those weights:
    ids.N     U8  [N]
    states.N  F32 [N, hidden]      final states
    map.N     F32 [heads, N, N]    attention map of the last layer
    logits.N  F32 [labels]         of models with a classification head, or [vocabulary] of the last token's
                                   successor
relative_rows.safetensors              "BUCKETS.LONGEST": F32 rows of DeBERTa's position table for the distances
                                       -2 * LONGEST + 1 to 2 * LONGEST - 1
"""
import argparse
import os

import numpy
import torch
import transformers
from safetensors.torch import save_file
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

LENGTHS = (1, 2, 7, 33, 64)
VOCABULARY, HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS = 90, 64, 2, 2, 96, 64
FIRST_ID = 4  # ids below are special: padding among them
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
}


def deviation(name):
    """Large enough that attention maps are far from uniform and every term of every layer matters."""
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


def write_model(folder, class_name, config, dtype, source):
    model = getattr(transformers, class_name)(config).eval()
    draw_weights(model, source)
    model.to(dtype).save_pretrained(folder, safe_serialization=True)
    if os.path.exists(folder + "/generation_config.json"):  # how to sample, which nobody here reads
        os.remove(folder + "/generation_config.json")
    model.double()
    golden = {}
    for length in LENGTHS:
        ids = [int(one) for one in source.integers(FIRST_ID, VOCABULARY, length)]
        for part, tensor in golden_of(model, ids).items():
            golden[f"{part}.{length}"] = tensor.contiguous()
    save_file(golden, folder + "/golden.safetensors")


def relative_rows(buckets, longest):
    distances = torch.arange(-2 * longest + 1, 2 * longest)
    rows = make_log_bucket_position(distances, buckets, longest).long() + buckets
    return rows.clamp(0, 2 * buckets - 1).float()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    for seed, (name, (class_name, config, dtype)) in enumerate(MODELS.items()):
        os.makedirs(f"{out}/{name}", exist_ok=True)
        write_model(f"{out}/{name}", class_name, config, dtype, numpy.random.default_rng(seed))
    save_file({f"{buckets}.{longest}": relative_rows(buckets, longest) for buckets, longest in BUCKETS},
              f"{out}/relative_rows.safetensors")


if __name__ == "__main__":
    main()
