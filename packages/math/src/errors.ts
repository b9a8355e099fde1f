// Errors of this package.

import { failure } from "@lowrank/contracts/internal";

/** A rank is not a whole number of at least 1. Give one such as 8. */
export function rankError(where: string, rank: number) {
  return failure("INVALID_RANK", `${where} got rank ${rank}. Use a whole number of at least 1.`, { where, rank });
}

/** A and B do not fit each other, or not the weight that they adapt. Pass matrices of the expected shapes. */
export function matrixShapeError(where: string, a: readonly number[], b: readonly number[], expected: string) {
  return failure(
    "MATRIX_SHAPE_MISMATCH",
    `${where} got A of shape [${a.join(", ")}] and B of shape [${b.join(", ")}] but needs ${expected}.`,
    { where, a, b, expected },
  );
}

/** A setting has an invalid value. Give a value as the message expects. */
export function settingError(where: string, setting: string, got: unknown, expected: string) {
  return failure("INVALID_SETTING", `${where} got ${setting} = ${String(got)} but needs ${expected}.`, {
    where,
    setting,
    got,
    expected,
  });
}

/** This initialization (`init_lora_weights`) does not exist. Use one of the initializations in the message. */
export function unknownInitializationError(init: boolean | string, known: readonly string[]) {
  return failure(
    "UNKNOWN_INITIALIZATION",
    `There is no initialization "${String(init)}" (init_lora_weights). Use one of ${known.join(", ")}.`,
    { init, known },
  );
}

/** The update of a grouped convolution does not fit its weight. Use the adapter without merging it. */
export function groupedConvolutionError(groups: number) {
  return failure(
    "GROUPED_CONVOLUTION",
    `A low-rank update of a convolution in ${groups} groups mixes all channels and does not fit the grouped weight: ` +
      "it can be used, but not merged.",
    { groups },
  );
}

/** This initialization needs measurements of your data. Pass the result of `measureInputs` or `measureGradients` of `@lowrank/inject`. */
export function missingMeasurementError(init: string, path: string, kind: "inputs" | "moments" | "gradient") {
  return failure(
    "MISSING_MEASUREMENT",
    `init_lora_weights = "${init}" needs the ${kind === "gradient" ? "gradient" : "inputs"} of each layer, and nothing ` +
      `was measured at "${path}". Pass the result of ${kind === "gradient" ? "measureGradients" : "measureInputs"} ` +
      "(@lowrank/inject) for the same plan.",
    { init, path, kind },
  );
}
