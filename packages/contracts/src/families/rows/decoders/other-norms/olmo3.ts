// OLMo 3 (OLMo Team 2025), as transformers' modeling_olmo3.py names it: OLMo 2 with a window in three layers of four, whose
// rotations nothing stretches.

import { decoderClasses, likeLlama } from "../../shared/decoder-rows.ts";
import { olmo2 } from "./olmo2.ts";

/** The tables of `olmo3`. */
export const olmo3 = likeLlama("olmo3", decoderClasses("Olmo3"), {
  config: {
    ...olmo2.config,
    rotary: { thetaFallback: 500_000, local: { fallback: 500_000 } },
    window: { size: { key: "sliding_window", fallback: 4096 }, layers: { butEvery: null, fallback: 4 } },
  },
  norms: olmo2.norms,
});
