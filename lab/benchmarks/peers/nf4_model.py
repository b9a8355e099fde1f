"""A model of random weights whose linear layers are bitsandbytes' in NormalFloat 4; never in memory in float32 as a whole."""

from serve import decline, shape, torch, transformers

try:
    import bitsandbytes
except ImportError:
    decline("bitsandbytes is not installed: pip install bitsandbytes==0.50.2")


def build_nf4_model():
    config, _, _ = shape()
    values = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    made = transformers.AutoConfig.for_model(config["model_type"], **values)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(made, attn_implementation="sdpa")
    quantize(model)
    for path, parameter in list(model.named_parameters()):
        if parameter.is_meta:
            value = torch.ones(parameter.shape) if "norm" in path else torch.randn(parameter.shape) * 0.02
            module, leaf = path.rsplit(".", 1)
            setattr(model.get_submodule(module), leaf, torch.nn.Parameter(value, requires_grad=False))
    # Its frequencies are a buffer, which the meta device left without values.
    model.model.rotary_emb = type(model.model.rotary_emb)(made)
    return model


def quantize(module):
    for name, child in list(module.named_children()):
        if not isinstance(child, torch.nn.Linear):
            quantize(child)
        elif name != "lm_head":
            sizes = (child.in_features, child.out_features)
            layer = bitsandbytes.nn.Linear4bit(*sizes, bias=False, compute_dtype=torch.bfloat16, quant_type="nf4")
            weight = torch.randn(child.weight.shape) * 0.02
            layer.weight = bitsandbytes.nn.Params4bit(weight, requires_grad=False, quant_type="nf4", module=layer)
            setattr(module, name, layer.to("cpu"))
