// mBART (Liu et al. 2020), as transformers' modeling_mbart.py names it: BART with a norm before each part and after each
// stack. Its targets end with a language token, which is also the first token of the decoder's inputs.

import { bartClasses, bartConfig, encoderDecoderClasses, likeBart, readerHeads } from "./bart.ts";

/** The tables of `marian`. */
export const marian = likeBart("marian", {
  architectures: encoderDecoderClasses("Marian", "MarianMTModel"),
  positions: "stored sinusoids",
  embeddingNorm: false,
  config: {
    tokenIds: { padding: 58100, decoderStart: 58100 },
    ignored: [...bartConfig.ignored, "decoder_vocab_size"],
  },
  fixed: [
    {
      key: "share_encoder_decoder_embeddings",
      values: [true],
      effect: "false gives the decoder a vocabulary and a table of its own",
    },
  ],
});

const { maxPositions: _, ...sizes } = bartConfig.sizes;

/** The tables of `m2m_100`. */
export const m2m100 = likeBart("m2m_100", {
  architectures: encoderDecoderClasses("M2M100"),
  positions: "sinusoids",
  normsBefore: true,
  embeddingNorm: false,
  logitBias: false,
  config: {
    sizes,
    activation: { ...bartConfig.activation, fallback: "relu" },
    dropouts: {
      ...bartConfig.dropouts,
      attention: { ...bartConfig.dropouts.attention, fallback: 0.1 },
      encoderLayer: { ...bartConfig.dropouts.encoderLayer, fallback: 0.05 },
      decoderLayer: { ...bartConfig.dropouts.decoderLayer, fallback: 0.05 },
    },
    switches: { scaledEmbedding: { ...bartConfig.switches.scaledEmbedding, fallback: true } },
    // Positions have no limit: the key is only the initial size of the table.
    ignored: [...bartConfig.ignored, "max_position_embeddings"],
  },
});

/** The tables of `pegasus`. */
export const pegasus = likeBart("pegasus", {
  architectures: encoderDecoderClasses("Pegasus"),
  positions: "stored sinusoids",
  normsBefore: true,
  embeddingNorm: false,
  config: { tokenIds: { padding: 0, decoderStart: 0 } },
});

/** The tables of `mbart`. */
export const mbart = likeBart("mbart", {
  architectures: bartClasses("MBart"),
  heads: readerHeads,
  normsBefore: true,
  decoderInputs: { readsSource: true, beginWithLast: true },
  config: { tokenIds: { padding: 1 } },
});
