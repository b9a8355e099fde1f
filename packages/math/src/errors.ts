// Every error this package throws on purpose.

import { LowrankError } from "@lowrank/contracts";

/** A rank that is not a whole number of at least 1. */
export class RankError extends LowrankError {
  constructor(
    readonly where: string,
    readonly rank: number,
  ) {
    super("INVALID_RANK", `${where} got rank ${rank}. Use a whole number of at least 1.`);
  }
}

/** The two matrices of a pair do not belong together, or not to the weight they should adapt. */
export class PairShapeError extends LowrankError {
  constructor(
    readonly where: string,
    readonly a: readonly number[],
    readonly b: readonly number[],
    readonly expected: string,
  ) {
    super(
      "PAIR_SHAPE_MISMATCH",
      `${where} got A of shape [${a.join(", ")}] and B of shape [${b.join(", ")}] but needs ${expected}.`,
    );
  }
}

/** A setting that is not the number it has to be. */
export class SettingError extends LowrankError {
  constructor(
    readonly where: string,
    readonly setting: string,
    readonly got: unknown,
    readonly expected: string,
  ) {
    super("INVALID_SETTING", `${where} got ${setting} = ${String(got)} but needs ${expected}.`);
  }
}

/** A start that does not exist here. */
export class UnknownInitializationError extends LowrankError {
  constructor(
    readonly init: boolean | string,
    readonly known: readonly string[],
  ) {
    super(
      "UNKNOWN_INITIALIZATION",
      `A pair cannot start as "${String(init)}" (init_lora_weights). Known starts: ${known.join(", ")}.`,
    );
  }
}

/** A grouped convolution's update is no change of its weight. */
export class GroupedConvolutionError extends LowrankError {
  constructor(readonly groups: number) {
    super(
      "GROUPED_CONVOLUTION",
      `A low-rank update of a convolution in ${groups} groups mixes all channels and has no place in the grouped weight: ` +
        "it can be used, but not merged.",
    );
  }
}

/** A start looks at data, and nothing was measured. */
export class MissingMeasurementError extends LowrankError {
  constructor(
    readonly init: string,
    readonly path: string,
    readonly kind: "inputs" | "moments" | "gradient",
  ) {
    super(
      "MISSING_MEASUREMENT",
      `init_lora_weights = "${init}" looks at the ${kind === "gradient" ? "gradient" : "inputs"} of each layer, and nothing ` +
        `was measured for it at "${path}". Pass what ${kind === "gradient" ? "measureGradients" : "measureInputs"} ` +
        "(@lowrank/inject) returns for the same plan.",
    );
  }
}
