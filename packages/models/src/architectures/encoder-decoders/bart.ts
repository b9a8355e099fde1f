// BART's wiring (transformers' modeling_bart.py): learned positions from row 2 on, a norm after the embeddings and
// after each sum.

import type { EmbeddingSite } from "@lowrank/doors";
import { activations } from "../../parts/activations.ts";
import { crossAttention } from "../../parts/attention/cross-attention.ts";
import { selfAttention, separateProjections } from "../../parts/attention/self-attention.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer } from "../../parts/pass.ts";
import { tokenEmbedding } from "../../parts/token-embedding.ts";
import { encoderDecoder } from "../../parts/trunk/encoder-decoder.ts";
import { residual } from "../../parts/trunk/residual.ts";
import { inHalves } from "../../parts/trunk/stages.ts";
import type { Stage, Trunk } from "../../parts/trunk/trunk.ts";

/** Rows of a position table that no position uses. */
const positionOffset = 2;

type StackName = "encoder" | "decoder";

export function bart(model: PartList): Trunk {
  const { config } = model.plan;
  const tokens = model.embedding("shared");
  const encoder = stack(model, "encoder", tokens);
  const decoder = stack(model, "decoder", tokens);
  return encoderDecoder({ tokens, encoder, decoder, positionRows: config.maxPositions });
}

function stack(model: PartList, name: StackName, shared: EmbeddingSite) {
  const { config } = model.plan;
  const first = model.group();
  const embed = tokenEmbedding({
    tokens: first.embedding(`${name}.embed_tokens`, shared),
    positions: first.embedding(`${name}.embed_positions`),
    positionOffset,
    norm: first.norm(`${name}.layernorm_embedding`),
    dropout: { rate: config.dropouts.embedding, path: `${name}/embedding` },
  });
  const layers = name === "encoder" ? config.layers : config.decoderLayers;
  const stages = Array.from({ length: layers }, (_, layer) =>
    name === "encoder" ? encoderBlock(model.atLayer(layer), layer) : decoderBlock(model.atLayer(layer), layer),
  );
  return { embed: { parts: first.parts, run: embed }, stages };
}

function encoderBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const place = { rowPath: "encoder.layers.{n}", path: `encoder.${layer}` };
  const attend = withNorm(
    block,
    { ...place, norm: "self_attn_layer_norm" },
    attention(block, place.rowPath, layer, config.heads),
  );
  const feed = withNorm(block, { ...place, norm: "final_layer_norm" }, feedForwardOf(block, place));
  return { parts: block.parts, run: inHalves(attend, feed) };
}

function decoderBlock(block: PartList, layer: number): Stage {
  const { config } = block.plan;
  const place = { rowPath: "decoder.layers.{m}", path: `decoder.${layer}` };
  const attend = withNorm(
    block,
    { ...place, norm: "self_attn_layer_norm" },
    attention(block, place.rowPath, layer, config.decoderHeads),
  );
  const look = withNorm(
    block,
    { ...place, norm: "encoder_attn_layer_norm" },
    attentionToSource(block, place.rowPath, layer),
  );
  const feed = withNorm(block, { ...place, norm: "final_layer_norm" }, feedForwardOf(block, place));
  return { parts: block.parts, run: inHalves((hidden, pass) => look(attend(hidden, pass), pass), feed) };
}

interface Place {
  readonly rowPath: string;
  /** For dropout. */
  readonly path: string;
}

/** norm(hidden + dropout(layer(hidden))) */
function withNorm(block: PartList, { rowPath, path, norm }: Place & { readonly norm: string }, layer: Layer): Layer {
  const { residual: rate } = block.plan.config.dropouts;
  return residual({ layer, afterSum: block.norm(`${rowPath}.${norm}`), dropout: { rate, path: `${path}/${norm}` } });
}

function attention(block: PartList, rowPath: string, layer: number, heads: number): Layer {
  const path = `${rowPath}.self_attn`;
  return selfAttention({
    layer,
    project: separateProjections(
      block.linear(`${path}.q_proj`),
      block.linear(`${path}.k_proj`),
      block.linear(`${path}.v_proj`),
    ),
    output: block.linear(`${path}.out_proj`),
    heads,
    keyHeads: heads,
    dropout: block.plan.config.dropouts.attention,
  });
}

function attentionToSource(block: PartList, rowPath: string, layer: number): Layer {
  const { config } = block.plan;
  const path = `${rowPath}.encoder_attn`;
  return crossAttention({
    layer,
    query: block.linear(`${path}.q_proj`),
    key: block.linear(`${path}.k_proj`),
    value: block.linear(`${path}.v_proj`),
    output: block.linear(`${path}.out_proj`),
    heads: config.decoderHeads,
    dropout: config.dropouts.attention,
  });
}

function feedForwardOf(block: PartList, { rowPath, path }: Place): Layer {
  const { config } = block.plan;
  const dropout = { rate: config.dropouts.activation, path: `${path}/feed-forward` };
  const up = block.linear(`${rowPath}.fc1`);
  return feedForward(up, activations[config.activation], block.linear(`${rowPath}.fc2`), dropout);
}
