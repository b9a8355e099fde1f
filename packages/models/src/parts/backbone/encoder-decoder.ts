// Two stacks one after the other: the encoder's stages, a stage that hands its states over and embeds the decoder's
// tokens, the decoder's stages.

import type { EmbeddingSite, Part } from "@lowrank/engine/hook-points";
import type * as tf from "@tensorflow/tfjs-core";
import type { Layer, Pass } from "../pass.ts";
import type { Backbone, Stage } from "./backbone.ts";
import { type Block, compose, type PositionRules } from "./stages.ts";

interface Embed {
  readonly parts: readonly Part[];
  readonly run: (pass: Pass) => tf.Tensor;
}

export interface EncoderDecoderOptions {
  readonly tokens: EmbeddingSite;
  readonly encoder: { readonly embed: Embed; readonly stages: readonly Stage[] };
  /** Its stages run with the decoder's own pass. */
  readonly decoder: {
    readonly embed: Embed;
    readonly stages: readonly Stage[];
    readonly positionRows?: number;
    /** False if positions also see later ones. */
    readonly isCausal?: boolean;
  };
  /** The position rules of both stacks. */
  readonly positions?: PositionRules;
}

export function encoderDecoder({ tokens, encoder, decoder, positions = {} }: EncoderDecoderOptions): Backbone {
  const handOver: Stage = {
    parts: decoder.embed.parts,
    run: (states, pass) => {
      pass.decoder.setSource(states);
      pass.decoder.cache?.keepSource(states);
      return decoder.embed.run(pass.decoder);
    },
  };
  const second = decoder.stages.map((stage): Stage => ({ ...stage, run: withDecodersPass(stage.run) }));
  const { embed: _, stages: _own, ...decoderFacts } = decoder;
  return {
    tokens,
    ...positions,
    embed: encoder.embed,
    stages: [...encoder.stages, handOver, ...second],
    decoder: { stage: encoder.stages.length, ...positions, ...decoderFacts },
  };
}

function withDecodersPass(run: Block): Block {
  const decoded =
    (layer: Layer): Layer =>
    (hidden, pass) =>
      layer(hidden, pass.decoder);
  return run.sublayers === undefined
    ? decoded(run)
    : compose(decoded(run.sublayers.mix), decoded(run.sublayers.byPosition));
}
