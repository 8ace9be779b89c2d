"""The peer PyTorch: the models of `transformers`, f32 or bf16, with the fused attention where the version has it."""
import torch
import transformers

KINDS = {"bert": (transformers.BertConfig, transformers.BertModel, {"add_pooling_layer": False}),
         "roberta": (transformers.RobertaConfig, transformers.RobertaModel, {"add_pooling_layer": False}),
         "gpt2": (transformers.GPT2Config, transformers.GPT2Model, {}),
         "deberta-v2": (transformers.DebertaV2Config, transformers.DebertaV2Model, {}),
         "mpnet": (transformers.MPNetConfig, transformers.MPNetModel, {"add_pooling_layer": False})}
BUFFERS = (".attn.bias", ".attn.masked_bias", "position_ids", "token_type_ids")


def build(checkpoint):
    """The model with the checkpoint's weights, ready to run."""
    config_type, model_type, arguments = KINDS[checkpoint.family]
    config = config_type(**checkpoint.config)
    fused = hasattr(torch.nn.functional, "scaled_dot_product_attention") and model_type._supports_sdpa
    config._attn_implementation = "sdpa" if fused else "eager"
    model = model_type(config, **arguments)
    state = {name: torch.from_numpy(value.copy()) for name, value in checkpoint.tensors.items()}
    missing = [name for name in model.load_state_dict(state, strict=False).missing_keys if not name.endswith(BUFFERS)]
    if missing:
        raise ValueError(f"model.safetensors has no tensor {missing[0]} ({len(missing)} missing)")
    return model.eval()


class TorchEngine:
    version = f"{torch.__version__} (transformers {transformers.__version__})"

    def __init__(self, threads: int, dtype: str):
        if dtype not in ("f32", "bf16"):
            raise ValueError(f"torch runs f32 or bf16 here, not {dtype}")
        self.threads, self.dtype = threads, dtype
        transformers.logging.set_verbosity_error()
        torch.set_num_threads(threads)

    def load(self, checkpoint, batch: int, length: int, calibration, choose: dict) -> dict:
        """There is one way to run a model, and nothing to calibrate."""
        if choose:
            raise ValueError(f"choose is {choose}, but torch has no settings to choose from")
        model = build(checkpoint)
        if self.dtype == "bf16":
            model = model.to(torch.bfloat16)

        @torch.inference_mode()
        def run(ids):
            return model(torch.from_numpy(ids), return_dict=False)[0].float().numpy()

        self.run = run
        return {"precision": self.dtype, "num_threads": torch.get_num_threads(),
                "attention": model.config._attn_implementation}
