// Errors of this package.

import { LowrankError } from "@lowrank/contracts";

/** A rank is not a whole number of at least 1. Give one such as 8. */
export class RankError extends LowrankError {
  constructor(
    readonly where: string,
    readonly rank: number,
  ) {
    super("INVALID_RANK", `${where} got rank ${rank}. Use a whole number of at least 1.`);
  }
}

/** A and B do not fit each other, or not the weight that they adapt. Pass matrices of the expected shapes. */
export class MatrixShapeError extends LowrankError {
  constructor(
    readonly where: string,
    readonly a: readonly number[],
    readonly b: readonly number[],
    readonly expected: string,
  ) {
    super(
      "MATRIX_SHAPE_MISMATCH",
      `${where} got A of shape [${a.join(", ")}] and B of shape [${b.join(", ")}] but needs ${expected}.`,
    );
  }
}

/** A setting has an invalid value. Give a value as the message expects. */
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

/** This initialization (`init_lora_weights`) does not exist. Use one of the initializations in the message. */
export class UnknownInitializationError extends LowrankError {
  constructor(
    readonly init: boolean | string,
    readonly known: readonly string[],
  ) {
    super(
      "UNKNOWN_INITIALIZATION",
      `There is no initialization "${String(init)}" (init_lora_weights). Use one of ${known.join(", ")}.`,
    );
  }
}

/** The update of a grouped convolution does not fit its weight. Use the adapter without merging it. */
export class GroupedConvolutionError extends LowrankError {
  constructor(readonly groups: number) {
    super(
      "GROUPED_CONVOLUTION",
      `A low-rank update of a convolution in ${groups} groups mixes all channels and does not fit the grouped weight: ` +
        "it can be used, but not merged.",
    );
  }
}

/** This initialization needs measurements of your data. Pass the result of `measureInputs` or `measureGradients` of `@lowrank/inject`. */
export class MissingMeasurementError extends LowrankError {
  constructor(
    readonly init: string,
    readonly path: string,
    readonly kind: "inputs" | "moments" | "gradient",
  ) {
    super(
      "MISSING_MEASUREMENT",
      `init_lora_weights = "${init}" needs the ${kind === "gradient" ? "gradient" : "inputs"} of each layer, and nothing ` +
        `was measured at "${path}". Pass the result of ${kind === "gradient" ? "measureGradients" : "measureInputs"} ` +
        "(@lowrank/inject) for the same plan.",
    );
  }
}
