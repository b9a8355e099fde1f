"""Makes the cases of activated LoRA in fixtures/lora-features: adapters that act from an invocation sequence on.

make_activated_features.py [FOLDER [CASE…]]
"""

import torch
import transformers
from make_lora_features import batch, llama, logits_of, lora, main, one_adapter, several_adapters, started

INVOCATION = [7, 11, 5]
OTHER = [9]


def gpt2():
    config = transformers.GPT2Config(
        vocab_size=48, n_embd=24, n_layer=2, n_head=3, n_positions=32, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    return started(transformers.GPT2LMHeadModel(config))


def neox():
    config = transformers.GPTNeoXConfig(
        vocab_size=48, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
    return started(transformers.GPTNeoXForCausalLM(config))


def invoked(model):
    """Rows with the sequence once, twice – the second time in front of padding – and broken off at the end."""
    inputs = batch(model, rows=4, time=9)
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    ids[mask == 1] = ids[mask == 1].clamp(min=12)
    ids[0, 3:6] = torch.tensor(INVOCATION)
    ids[1, 0:3] = torch.tensor(INVOCATION)
    ids[1, 4:7] = torch.tensor(INVOCATION)
    ids[2, 7:9] = torch.tensor(INVOCATION[:2])
    ids[2, 1] = OTHER[0]
    ids[3, 2] = OTHER[0]
    ids[3, 4:7] = torch.tensor(INVOCATION)
    labels = ids.clone()
    labels[mask == 0] = -100
    return {**inputs, "input_ids": ids, "labels": labels}


def answered(model):
    """Only what follows is to be predicted, as after a prompt."""
    inputs = invoked(model)
    inputs["labels"][:, :5] = -100
    return inputs


def activated(folder, base, batch=invoked, **fields):
    return one_adapter(folder, base, lora(alora_invocation_tokens=INVOCATION, **fields), merges=False, batch=batch)


def mixed(folder):
    """Two activated adapters and a plain one; in the mixed batch the last, the base and the first."""
    return several_adapters(folder, llama(2), {
        "a": lora(target_modules=["q_proj", "down_proj"], alora_invocation_tokens=INVOCATION),
        "b": lora(target_modules=["v_proj"], r=2),
        "c": lora(target_modules=["q_proj", "lm_head"], alora_invocation_tokens=OTHER),
    }, batch=lambda model: {key: value[[3, 0, 1]] for key, value in invoked(model).items()})


def generated(folder):
    """Greedy texts behind prompts of unequal length. The last has no invocation token, but generates one."""
    base, new = llama(2), 8
    prompts = [[12, 30, 17, 22, 41], [33, 25], [19, 40, 28]]
    wide = max(map(len, prompts))
    ids = torch.tensor([[0] * (wide - len(prompt)) + prompt for prompt in prompts])
    mask = (ids != 0).long()
    base.generation_config.eos_token_id = None
    options = {"attention_mask": mask, "max_new_tokens": new, "do_sample": False, "return_dict_in_generate": True,
               "output_logits": True}
    plain = base.generate(ids, **options).sequences[:, wide:]
    token = plain[2, 2].item()
    assert token not in prompts[2] and token not in (prompts[0] + prompts[1]), token
    ids[0, 3], ids[1, -1] = token, token
    expected, tensors = one_adapter(
        folder, base, lora(target_modules=["q_proj", "v_proj", "up_proj"], alora_invocation_tokens=[token]),
        merges=False, trains=False)
    from peft import PeftModel
    model = PeftModel.from_pretrained(base.from_pretrained(folder / "base", attn_implementation="eager"), folder / "adapter").eval()
    model.generation_config.eos_token_id = None
    found = model.generate(input_ids=ids, **options)
    tokens = found.sequences[:, wide:]
    assert torch.equal(tokens[2], plain[2]), "without the token in its prompt a row is the base's"
    assert not torch.equal(tokens[:2], model.base_model.model.generate(ids, **options).sequences[:2, wide:])
    return expected, {**tensors, "prompt.input_ids": ids, "prompt.attention_mask": mask, "generated.tokens": tokens,
                      "generated.logits": torch.stack(found.logits, 1)}


ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"]
CASES = {
    "activated": lambda folder: activated(folder, llama(2), target_modules=ALL, use_rslora=True),
    "activated-answers": lambda folder: activated(folder, llama(2), answered, target_modules=["o_proj", "down_proj"]),
    "activated-conv1d": lambda folder: activated(
        folder, gpt2(), answered, target_modules=["c_attn", "c_proj", "lm_head"], lora_bias=True),
    "activated-parallel": lambda folder: activated(
        folder, neox(), target_modules="all-linear", modules_to_save=["embed_in"]),
    "activated-rows": mixed,
    "activated-generation": generated,
}

if __name__ == "__main__":
    main(CASES)
