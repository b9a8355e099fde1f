"""Makes fixtures/shared-tables with PEFT: adapters on tables that several modules share.

make_shared_tables.py [FOLDER [CASE…]]
"""

from pathlib import Path

import torch
import transformers
from make_family_features import bert, gpt2, opt, t5, translations
from make_lora_features import logits_of, lora, main, one_adapter, started


def bart(**settings):
    config = transformers.BartConfig(
        vocab_size=48, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3,
        decoder_attention_heads=3, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=16, dropout=0.0,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
        attn_implementation="eager", **settings)
    return started(transformers.BartForConditionalGeneration(config))


def gemma():
    config = transformers.GemmaConfig(
        vocab_size=48, hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, head_dim=8, max_position_embeddings=16, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        attn_implementation="eager")
    return started(transformers.GemmaForCausalLM(config))


def retrained(model):
    """Another table than the base's files have, which the adapter's file then brings along."""
    table = model.get_input_embeddings().weight
    with torch.no_grad():
        table.add_(torch.randn_like(table) * 0.1)


def other_table(folder, base, config, **options):
    expected, tensors = one_adapter(folder, base, config, prepare=retrained, tables=True, **options)
    stored = type(base).from_pretrained(folder / "base", attn_implementation="eager").eval()
    inputs = {key: tensors[key] for key in ("input_ids", "attention_mask", "decoder_input_ids") if key in tensors}
    return expected, {**tensors, "base.logits": logits_of(stored, inputs)}


CASES = {
    "other-table-gpt2": lambda folder: other_table(folder, gpt2(), lora(target_modules=["c_attn", "lm_head"]), trains=False),
    "other-table-gpt2-rows": lambda folder: other_table(
        folder, gpt2(), lora(target_modules=["c_attn"], trainable_token_indices=[3, 7]), trains=False),
    "other-table-opt": lambda folder: other_table(
        folder, opt(word_embed_proj_dim=16), lora(target_modules=["v_proj", "embed_tokens"]), trains=False),
    "other-table-bert": lambda folder: other_table(
        folder, bert(), lora(task_type=None, target_modules=["query", "word_embeddings"]), trains=False),
    "other-table-gemma": lambda folder: other_table(folder, gemma(), lora(target_modules=["v_proj", "embed_tokens"])),
    "other-table-t5": lambda folder: other_table(
        folder, t5(), lora(task_type="SEQ_2_SEQ_LM", target_modules=["v", "lm_head"], use_dora=True),
        batch=translations),
    "other-table-bart": lambda folder: other_table(
        folder, bart(scale_embedding=True), lora(task_type="SEQ_2_SEQ_LM", target_modules=["v_proj", "lm_head"]),
        batch=translations, trains=False),
    "rows-t5": lambda folder: one_adapter(
        folder, t5(), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q"], trainable_token_indices=[3, 7, 11]),
        batch=translations),
    "rows-t5-stacks": lambda folder: one_adapter(
        folder, t5(), lora(task_type="SEQ_2_SEQ_LM", target_modules=["q"],
                           trainable_token_indices={"embed_tokens": [3, 7]}), batch=translations, trains=False),
    "rows-bart": lambda folder: one_adapter(
        folder, bart(scale_embedding=True), lora(
            task_type="SEQ_2_SEQ_LM", target_modules=["q_proj"], trainable_token_indices={"shared": [3, 7, 11]}),
        batch=translations),
}

if __name__ == "__main__":
    main(CASES, Path(__file__).parents[2] / "fixtures" / "shared-tables")
