// The pair mends what rounding the weight to few bits loses. The rounded weight, in full precision, stands in for the frozen
// one wherever the pair acts: PEFT puts it into the base for good, here the base remains the one that everybody has.

import { tensorOfMatrix, transpose } from "../linear-algebra/matrix.ts";
import { LoraPair } from "../pairs/lora-pair.ts";
import { loftq } from "../quantization/loftq.ts";
import type { Initialization } from "./initialization.ts";
import { checkDirections } from "./subtracted-pair.ts";

export const roundedStart: Initialization = {
  name: "loftq",
  source: "Li et al. 2023 (LoftQ), arXiv 2310.08659; without regard to s, as PEFT",
  isDrawn: false,
  answersTo: (init) => init === "loftq",
  start(request) {
    checkDirections(request);
    const { rank, name, settings } = request;
    const { quantized, a, b } = loftq(transpose(request.weight()), {
      rank,
      bits: settings?.loftqBits ?? 4,
      iterations: settings?.loftqIterations ?? 1,
    });
    return LoraPair.fromTensors({
      a: tensorOfMatrix(transpose(a)),
      b: tensorOfMatrix(transpose(b)),
      beside: { kind: "stand-in", weight: tensorOfMatrix(transpose(quantized)) },
      name,
    });
  },
};
