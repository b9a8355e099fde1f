// Whisper's wiring (transformers' modeling_whisper.py): features through two convolutions, the second with a stride of two,
// then mBART's layers; the decoder is mBART's without a norm after the embeddings.

import type { ForwardContext } from "@lowrank/contracts";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import { gelu } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { encoderDecoder } from "../../parts/backbone/encoder-decoder.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Pass } from "../../parts/pass.ts";
import { bartStages } from "./bart-blocks.ts";

export function whisper(model: PartList): Backbone {
  const { config } = model.plan;
  const audio = model.group();
  const encoder = { embed: { parts: audio.parts, run: featureEmbedding(audio) }, stages: bartStages(model, "encoder") };
  const embedGroup = model.group();
  const tokens = embedGroup.embedding("decoder.embed_tokens");
  const run = tokenEmbedding({
    tokens,
    positions: embedGroup.embedding("decoder.embed_positions"),
    dropout: { rate: config.dropouts.embedding, path: "decoder/embedding" },
  });
  const decoder = { embed: { parts: embedGroup.parts, run }, stages: bartStages(model, "decoder") };
  return encoderDecoder({ tokens, encoder, decoder, positions: { positionRows: config.maxPositions } });
}

/** Returns [batch, sourcePositions, width]. */
function featureEmbedding(audio: PartList): (pass: Pass) => tf.Tensor {
  const { embedding: rate } = audio.plan.config.dropouts;
  const first = audio.convolution("encoder.conv1", { strides: [1, 1], padding: [0, 1] });
  const second = audio.convolution("encoder.conv2", { strides: [1, 2], padding: [0, 1] });
  const positions = audio.tensor("encoder.embed_positions.weight"); // [sourcePositions, width]
  const addPositions = (states: tf.Tensor, context: ForwardContext) => tf.add(states, positions.value(context));
  return (pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const { inputFeatures } = pass.inputs;
      if (inputFeatures === undefined) throw modelInputError("inputFeatures", "this model needs audio features");
      const frames = tf.transpose(inputFeatures, [0, 2, 1]); // [batch, frames, melBins]
      const features = gelu(second.forward(gelu(first.forward(frames, context), "erf"), context), "erf");
      const embedded = computeByRows(
        { x: features, context, path: "encoder.embed_positions", hookPoints: [positions] },
        addPositions,
      );
      return pass.drop(embedded, rate, "encoder/embedding");
    });
}
