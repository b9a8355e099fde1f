// The table of starts: a new one is a file and a line here.

import { RankError, SettingError, UnknownInitializationError } from "../errors.ts";
import type { Matrix } from "../linear-algebra/matrix.ts";
import type { LoraPair } from "../pairs/lora-pair.ts";
import { drawnPair, gaussianStart, randomStart, zeroStart } from "./drawn.ts";
import type { Initialization, StartRequest } from "./initialization.ts";
import { roundedStart } from "./loftq.ts";
import { contextStart } from "./measured/corda.ts";
import { explainedVarianceStart } from "./measured/eva.ts";
import { gradientStart } from "./measured/lora-ga.ts";
import { minorStart } from "./mica.ts";
import { orthonormalStart } from "./olora.ts";
import { orthogonalStart } from "./orthogonal.ts";
import { principalStart } from "./pissa.ts";
import { quickPrincipalStart } from "./pissa-niter.ts";

/** Every start there is. */
export const initializations: readonly Initialization[] = [
  zeroStart,
  randomStart,
  gaussianStart,
  orthogonalStart,
  principalStart,
  quickPrincipalStart,
  orthonormalStart,
  minorStart,
  explainedVarianceStart,
  contextStart,
  gradientStart,
  roundedStart,
];

/** The start that PEFT's `init_lora_weights` names. Throws UnknownInitializationError. */
export function initializationOf(init: boolean | string): Initialization {
  const found = initializations.find((row) => row.answersTo(init));
  if (!found)
    throw new UnknownInitializationError(
      init,
      initializations.map(({ name }) => name),
    );
  return found;
}

/**
 * A new pair, started as `request.init` says. Most starts are for linear layers: embeddings then start as with true, as in
 * PEFT; see `startsEmbeddings`.
 *
 * Throws UnknownInitializationError, MissingMeasurementError, RankError, SettingError.
 *
 * @example
 * ```ts
 * import { createMatrix, startPair } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const pair = startPair({
 *   init: "pissa",
 *   inFeatures: 2,
 *   outFeatures: 2,
 *   rank: 1,
 *   kind: "linear",
 *   scaling: 2,
 *   key: { seed: 7, path: "fc" },
 *   name: "start-example",
 *   weight: () => createMatrix(2, 2, [3, 0, 0, 1]), // [inFeatures, outFeatures]
 * });
 * pair.dispose();
 * ```
 */
export function startPair(request: StartRequest): LoraPair {
  const { init, name, rank } = request;
  if (!Number.isInteger(rank) || rank < 1) throw new RankError(`The pair "${name}"`, rank);
  const row = initializationOf(init);
  const weight = () => finiteWeight(request);
  if (request.kind === "linear" || row.startsEmbeddings) return row.start({ ...request, weight });
  return drawnPair(request, "default");
}

/** A start that takes NaN over from one weight would have the error blame a decomposition, or nobody. */
function finiteWeight({ weight, name }: StartRequest): Matrix {
  const matrix = weight();
  const broken = matrix.values.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw new SettingError(`The pair "${name}"`, "a frozen weight", broken, "finite numbers");
  return matrix;
}
