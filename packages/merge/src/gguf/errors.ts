// What writing a merged model as GGUF can refuse.

import { itemised, LowrankError } from "@lowrank/contracts";

/** Rounding to few bits would take away what the adapter does. */
export class LostEffectError extends LowrankError {
  constructor(
    readonly kept: number,
    readonly least: number,
    readonly fileType: string,
  ) {
    super(
      "LOST_EFFECT",
      `Rounded to ${fileType}, weights keep ${Math.round(100 * kept)} % of what the adapter does to them, less than ` +
        `${Math.round(100 * least)} %. Write a type with more bits, or use the adapter beside its base.`,
    );
  }
}

/** Weights of the model have no name in llama.cpp's files. */
export class UnnamedWeightsError extends LowrankError {
  constructor(
    readonly architecture: string,
    readonly paths: readonly string[],
  ) {
    super(
      "UNNAMED_WEIGHTS",
      `llama.cpp's architecture ${architecture} has no names for these weights:${itemised(paths)}\nWrite a Hugging Face folder instead.`,
    );
  }
}
