// The table of initializations: a new one is a file and a line here.

import { rankError, settingError, unknownInitializationError } from "../errors.ts";
import { layerKinds } from "../kinds/kinds.ts";
import {
  createMatrix,
  type Matrix,
  multiply,
  rowsOf,
  scaleColumns,
  selectRows,
  sliceColumns,
  tensorOfMatrix,
  transpose,
} from "../linear-algebra/matrix.ts";
import { normalMatrix, randomizedSvd } from "../linear-algebra/randomized-svd.ts";
import { solveSymmetric } from "../linear-algebra/solve-symmetric.ts";
import { type Svd, svd } from "../linear-algebra/svd.ts";
import { thinQr } from "../linear-algebra/thin-qr.ts";
import { truncatedSvd } from "../linear-algebra/truncated-svd.ts";
import { LoraMatrices } from "../matrices/lora-matrices.ts";
import { loftq } from "../quantization/loftq.ts";
import { gaussianInit, randomInit, randomMatrices, zeroInit } from "./drawn-inits.ts";
import type { Initialization, InitRequest } from "./initialization.ts";
import { evaInit, measuredOf } from "./measured/eva.ts";
import { loraGaInit } from "./measured/lora-ga.ts";
import { checkDirections, checkScaling, subtractedMatrices } from "./subtracted-matrices.ts";

/** PiSSA: A and B replace the weight's strongest directions, so that training starts with them. */
const pissaInit: Initialization = {
  name: "pissa",
  source: "Meng, Wang & Zhang 2024 (PiSSA), arXiv 2404.02948",
  initialize(request) {
    checkDirections(request);
    return matricesOfDirections(truncatedSvd(request.weight(), request.rank), request);
  },
};

/** A and B each get the square root of the singular values, divided by s, so that s·A·B is the replaced part. */
function matricesOfDirections({ u, s, v }: Svd, request: InitRequest): LoraMatrices {
  checkScaling(request, request.scaling > 0);
  const roots = s.map((value) => Math.sqrt(value / request.scaling));
  return subtractedMatrices(scaleColumns(u, roots), transpose(scaleColumns(v, roots)), request);
}

const pattern = /^pissa_niter_(\d{1,4})$/;

/** PiSSA with a fast approximate decomposition, for large weights. */
const fastPissaInit: Initialization = {
  name: "pissa_niter_<n>",
  source: "Meng, Wang & Zhang 2024 (PiSSA), arXiv 2404.02948; Halko, Martinsson & Tropp 2011",
  isDrawn: true,
  accepts: (init) => typeof init === "string" && pattern.test(init),
  initialize(request) {
    checkDirections(request);
    const { seed, path } = request.key;
    const found = randomizedSvd(request.weight(), {
      rank: request.rank,
      powerIterations: Number(pattern.exec(String(request.init))?.[1]),
      key: { seed, path: `${path}.pissa` },
    });
    return matricesOfDirections(found, request);
  },
};

/** PEFT's value: entries get about the usual size. */
const shrink = 0.1;

/**
 * A and B are both non-zero, but A·B = 0, because they use orthogonal halves of the rank's space. So both have a gradient from
 * the first step on, and the model is unchanged at first.
 */
const orthogonalInit: Initialization = {
  name: "orthogonal",
  source: "https://datta0.github.io/posts/rethink-lora-init, as PEFT's orthogonal_init has it",
  isDrawn: true,
  initialize({ inFeatures, outFeatures, rank, key, name }) {
    if (rank % 2 !== 0) throw settingError(`"${name}" with orthogonal initialization`, "rank", rank, "an even number");
    const draw = (rows: number, columns: number, part: string): Matrix =>
      normalMatrix(rows, columns, { seed: key.seed, path: `${key.path}.${part}` });
    const { q } = thinQr(draw(rank, rank, "orthogonal"));
    const a = multiply(draw(inFeatures, rank / 2, "lora_A"), everySecondRow(q, 0)); // [inFeatures, rank]
    const b = multiply(transpose(everySecondRow(q, 1)), draw(rank / 2, outFeatures, "lora_B")); // [rank, outFeatures]
    return LoraMatrices.fromTensors({ a: tensorOfMatrix(shrunk(a)), b: tensorOfMatrix(shrunk(b)), name });
  },
};

function everySecondRow(matrix: Matrix, first: number): Matrix {
  return selectRows(
    matrix,
    Array.from({ length: matrix.rows / 2 }, (_, row) => 2 * row + first),
  );
}

function shrunk(matrix: Matrix): Matrix {
  return { ...matrix, values: matrix.values.map((value) => value * shrink) };
}

/** OLoRA: A and B replace the first part of the weight's QR decomposition. B's rows are orthonormal at first. */
const oloraInit: Initialization = {
  name: "olora",
  source: "Büyükakyüz 2024 (OLoRA), arXiv 2406.01775; without division by s, as PEFT",
  initialize(request) {
    checkDirections(request);
    const { rank } = request;
    const { q, r } = thinQr(transpose(request.weight())); // q [outFeatures, …], r […, inFeatures]
    return subtractedMatrices(transpose(rowsOf(r, 0, rank)), transpose(sliceColumns(q, 0, rank)), request);
  },
};

/** MiCA: B is set to the output directions that the weight uses least and is not trained. A is trained from zero. */
const micaInit: Initialization = {
  name: "mica",
  source: "Minor Component Adaptation (MiCA), arXiv 2604.01694",
  initializesEmbeddings: true,
  initialize(request) {
    checkDirections(request);
    const { inFeatures, rank, name, kind } = request;
    const { v } = svd(request.weight()); // [outFeatures, count], the weakest direction last
    const b = transpose(sliceColumns(v, v.columns - rank, v.columns)); // [rank, outFeatures]
    const a = createMatrix(inFeatures, rank);
    const [trained, still] = layerKinds[kind].specs(request, rank);
    const factors = [trained, { ...still, isTrained: false }];
    return LoraMatrices.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name, factors });
  },
};

/**
 * Added to the diagonal, relative to its mean, because inputs rarely use all directions. PEFT doubles it until float32 can invert
 * the matrix; float64 does not need that.
 */
const damping = 0.01;

/**
 * CorDA: A and B replace a part of the weight like PiSSA, but directions are ranked by the layer's inputs: the weight times the
 * inputs' second moments is decomposed.
 */
const cordaInit: Initialization = {
  name: "corda",
  source: "Yang et al. 2024 (CorDA), arXiv 2406.05223",
  initialize(request) {
    checkDirections(request);
    const { rank, settings = {} } = request;
    const moments = damped(measuredOf(request, "moments"));
    const inputsTimesWeight = multiply(moments, request.weight()); // [inFeatures, outFeatures]
    const isLast = settings.corda === "kpm";
    const found = isLast ? svd(inputsTimesWeight) : truncatedSvd(inputsTimesWeight, rank);
    const [from, to] = isLast ? [found.s.length - rank, found.s.length] : [0, rank];
    return matricesOfDirections(
      {
        u: solveSymmetric(moments, sliceColumns(found.u, from, to)), // back from the product to the weight
        s: found.s.slice(from, to),
        v: sliceColumns(found.v, from, to),
      },
      request,
    );
  },
};

function damped({ rows: size, columns, values }: Matrix): Matrix {
  const sums = values.slice();
  let trace = 0;
  for (let index = 0; index < size; index++) trace += values[index * (size + 1)]!;
  for (let index = 0; index < size; index++) sums[index * (size + 1)]! += (damping * trace) / size;
  return { rows: size, columns, values: sums };
}

/**
 * LoftQ: A and B reduce the error of quantizing the weight. The dequantized weight replaces the frozen one in the adapted layer.
 * PEFT changes the base for good; here the base stays unchanged.
 */
const loftqInit: Initialization = {
  name: "loftq",
  source: "Li et al. 2023 (LoftQ), arXiv 2310.08659; without regard to s, as PEFT",
  initialize(request) {
    checkDirections(request);
    const { rank, name, settings } = request;
    const { quantized, a, b } = loftq(transpose(request.weight()), {
      rank,
      bits: settings?.loftqBits ?? 4,
      iterations: settings?.loftqIterations ?? 1,
    });
    return LoraMatrices.fromTensors({
      a: tensorOfMatrix(transpose(a)),
      b: tensorOfMatrix(transpose(b)),
      baseChange: { kind: "replacement", weight: tensorOfMatrix(transpose(quantized)) },
      name,
    });
  },
};

/** All initializations. */
export const initializations: readonly Initialization[] = [
  zeroInit,
  randomInit,
  gaussianInit,
  orthogonalInit,
  pissaInit,
  fastPissaInit,
  oloraInit,
  micaInit,
  evaInit,
  cordaInit,
  loraGaInit,
  loftqInit,
];

/** The initialization for a value of PEFT's `init_lora_weights`. Throws UNKNOWN_INITIALIZATION. */
export function initializationOf(init: boolean | string): Initialization {
  const found = initializations.find(({ name, accepts }) => accepts?.(init) ?? init === name);
  const names = initializations.map(({ name }) => name);
  if (!found) throw unknownInitializationError(init, names);
  return found;
}

/**
 * New A and B, initialized by `request.init`. Most initializations are for linear layers; embeddings are then initialized as with
 * true, as in PEFT (see `initializesEmbeddings`).
 *
 * Throws UNKNOWN_INITIALIZATION, MISSING_MEASUREMENT, INVALID_RANK, INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { createMatrix, initializeMatrices } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const lora = initializeMatrices({
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
 * lora.dispose();
 * ```
 */
export function initializeMatrices(request: InitRequest): LoraMatrices {
  const { init, name, rank } = request;
  if (!Number.isInteger(rank) || rank < 1) throw rankError(`Adapter "${name}"`, rank);
  const row = initializationOf(init);
  const weight = () => finiteWeight(request);
  if (request.kind === "linear" || row.initializesEmbeddings) return row.initialize({ ...request, weight });
  return randomMatrices(request, "default");
}

/** Checks the weight here. A NaN would otherwise cause an error in a decomposition, or none. */
function finiteWeight({ weight, name }: InitRequest): Matrix {
  const matrix = weight();
  const broken = matrix.values.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw settingError(`Adapter "${name}"`, "a frozen weight", broken, "finite numbers");
  return matrix;
}
