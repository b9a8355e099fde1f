// M2M-100 (Fan et al. 2020) and NLLB, as transformers' modeling_m2m_100.py names them: mBART without a norm behind the
// embeddings, with sinusoids that count from the padding id, however long a text is.

import { bartConfig, likeBart, writerClasses } from "./bart.ts";

const { maxPositions: _, ...sizes } = bartConfig.sizes;

/** The tables of `m2m_100`. */
export const m2m100 = likeBart("m2m_100", {
  architectures: writerClasses("M2M100"),
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
    // Positions have no limit: the key says how many are made at first.
    harmless: [...bartConfig.harmless, "max_position_embeddings"],
  },
});
