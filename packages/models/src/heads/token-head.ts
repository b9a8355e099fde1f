// Logits over the vocabulary at every position: causal and masked language models.

import { adapterRows, type ForwardContext } from "@lowrank/contracts";
import { linearCrossEntropy } from "@lowrank/engine";
import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { rowCountError } from "@lowrank/engine/hook-points/internal";
import { linearLabelMargin } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError, nothingSupervisedError } from "../errors.ts";
import { pickStates } from "../parts/backbone/picked-states.ts";
import { withNewMasks } from "../parts/new-masks.ts";
import type { Layer, Pass } from "../parts/pass.ts";
import { type PartPlan, planLinear, planOf } from "../parts/planned.ts";
import { softCap } from "../parts/soft-cap.ts";
import type { Head, HeadLoss, HeadRows, Measurement, PositionLosses } from "./head.ts";
import { type AdaptedHead, adaptedHeadLoss } from "./loss/adapted-head-loss.ts";
import { chunksOf, defaultLogitsAtOnce, type SupervisedRows } from "./loss/chunks.ts";
import { positionLosses } from "./loss/position-losses.ts";
import { smoothedLoss, smoothingOf } from "./loss/smoothed-loss.ts";
import { trainedHeadLoss } from "./loss/trained-head-loss.ts";

export interface TokenHeadOptions {
  readonly site: LinearSite;
  /** 1 if position t predicts token t + 1; 0 if it predicts its own. */
  readonly shift: 0 | 1;
  /** Between the hidden states and the site (BERT's masked-language head). */
  readonly transform?: Layer;
  /** Added to the logits, never trained: [1, classes] (BART). */
  readonly constantBias?: ParameterSlot;
  /** Smooth bound of the logits (Gemma 2). */
  readonly cap?: number | null;
  /** Roughly how many logits a loss makes at one time. Default four million. */
  readonly logitsAtOnce?: number;
}

export class TokenHead implements Head {
  constructor(private readonly options: TokenHeadOptions) {}

  forward(hidden: tf.Tensor, pass: Pass): tf.Tensor {
    const { site, transform } = this.options;
    const logits = site.forward(transform === undefined ? hidden : transform(hidden, pass), pass.context);
    return this.#finished(logits, pass.context);
  }

  readonly plan: PartPlan = (x, plan, context) => {
    const { site, transform, constantBias } = this.options;
    if (constantBias !== undefined) return plan.refuse("the head has a bias of its own");
    const states = transform === undefined ? x : planOf(transform)(x, plan, context);
    const logits = planLinear(site)(states, plan, context);
    return this.#cap === null ? logits : plan.cap(logits, this.#cap);
  };

  losses(labels: tf.Tensor, pass: Pass): HeadLoss {
    const { rows, targets } = this.#supervised(labels, pass);
    const count = rows.length;
    if (count === 0) return { of: () => ({ sum: tf.scalar(0), count }), rows: refuseNothing };
    const sumOf = (states: tf.Tensor) => this.#lossSum(states, { rows, targets, pass });
    return {
      ...pickOf(rows, pass),
      of: (states) => ({ sum: sumOf(states), count }),
      measured: (states) => this.#measured(states, { rows, targets, pass }),
      rows: (states) => this.#rowsOf(states, { rows, targets, pass }),
    };
  }

  positionLosses(labels: tf.Tensor, pass: Pass, temperature: number): PositionLosses {
    const { rows, targets } = this.#supervised(labels, pass);
    const of = (states: tf.Tensor) => {
      if (rows.length === 0) return tf.zeros<tf.Rank.R1>([0]);
      const { head, ...supervised } = this.#rowsOf(states, { rows, targets, pass });
      const { site, constantBias } = this.options;
      const frozen = site.frozenParts(pass.context);
      if (frozen !== undefined && frozen.bias === undefined && constantBias === undefined && this.#cap === null) {
        const { hidden, targets, chunkRows } = supervised;
        const scaled = temperature === 1 ? hidden : tf.div<tf.Tensor2D>(hidden, temperature);
        return linearCrossEntropy(scaled, frozen.weight, targets, { reduction: "none", chunkRows });
      }
      const { logits } = head;
      if (temperature === 1) return positionLosses(supervised, head);
      return positionLosses(supervised, { ...head, logits: (x, first) => tf.div(logits(x, first), temperature) });
    };
    return { ...pickOf(rows, pass), positions: rows, of };
  }

  #rowsOf(states: tf.Tensor, { rows, targets, pass }: Supervised & { readonly pass: Pass }): HeadRows {
    const { transform, logitsAtOnce = defaultLogitsAtOnce, site } = this.options;
    const headPass = rows.length === rowsOf(states) ? pass.only(rows) : pass;
    const hidden = selectRows(transform === undefined ? states : transform(states, headPass), rows);
    const chunkRows = Math.max(1, Math.floor(logitsAtOnce / site.outFeatures));
    return { hidden, targets: tf.tensor1d([...targets], "int32"), chunkRows, head: this.#byChunks(rows, pass) };
  }

  #supervised(labels: tf.Tensor, pass: Pass): Supervised {
    const { site, shift } = this.options;
    return supervisedPositions(labels, { shape: pass.lastIds.shape, shift, classes: site.outFeatures });
  }

  /** `states` are all states, or those of `rows`. */
  #lossSum(states: tf.Tensor, supervised: Supervised & { readonly pass: Pass }): tf.Scalar {
    const { site, transform, constantBias, logitsAtOnce = defaultLogitsAtOnce } = this.options;
    const { rows, pass } = supervised;
    const { context } = pass;
    const headPass = rows.length === rowsOf(states) ? pass.only(rows) : pass;
    const targets = tf.tensor1d([...supervised.targets], "int32");
    const smoothing = smoothingOf(context);
    // Label smoothing reads the logits before the soft cap.
    const frozen = smoothing > 0 && this.#cap !== null ? undefined : site.frozenParts(context);
    const chunkRows = Math.max(1, Math.floor(logitsAtOnce / site.outFeatures));
    // An adaptation without variables only observes the model: a measurement, which has to see all rows at once.
    const isLookedAt = site.isAdapted(context) && site.variables(context).length === 0;
    const isWhole = rowsOf(states) <= chunkRows || isLookedAt;
    if (frozen === undefined && isWhole) {
      // The head itself is adapted, perhaps row by row: its adaptations need the batch axis.
      const logits = selectRows(this.forward(states, headPass), rows);
      return smoothedLoss(logits, targets, smoothing);
    }
    const hidden = selectRows(transform === undefined ? states : transform(states, headPass), rows);
    if (frozen === undefined) return this.#sumInChunks({ hidden, targets, chunkRows }, supervised);
    const { weight, bias = constantBias && tf.reshape(constantBias.value(context), [-1]) } = frozen;
    const loss = linearCrossEntropy(hidden, weight, targets, {
      reduction: "sum",
      chunkRows,
      ...(bias === undefined ? {} : { bias }),
      ...(this.#cap === null ? {} : { cap: this.#cap }),
    });
    return smoothing === 0 ? loss : tf.add(loss, tf.mul(linearLabelMargin(hidden, weight, targets, bias), smoothing));
  }

  /** Logits are made anyway, to see which is the largest; some rows of them at a time. */
  #measured(states: tf.Tensor, { rows, targets, pass }: Supervised & { readonly pass: Pass }): Measurement {
    const { head, ...supervised } = this.#rowsOf(states, { rows, targets, pass });
    const parts = chunksOf(supervised).map((chunk) =>
      tf.tidy(() => {
        const logits = head.logits(chunk.hidden(), chunk.first) as tf.Tensor2D;
        return { sum: smoothedLoss(logits, chunk.targets(), 0), likeliest: tf.argMax<tf.Tensor1D>(logits, 1) };
      }),
    );
    const likeliest = tf.concat1d(parts.map((part) => part.likeliest));
    const sum = tf.addN(parts.map((part) => part.sum)) as tf.Scalar;
    return { sum, count: rows.length, answers: { kind: "classes", values: likeliest, targets } };
  }

  /** hidden [size, features] of the supervised rows from `first` on → [size, classes] */
  #logitsOf(
    hidden: tf.Tensor2D,
    { rows, first, pass }: Pick<Supervised, "rows"> & { readonly first: number; readonly pass: Pass },
  ) {
    const { site } = this.options;
    const positions = rows.slice(first, first + hidden.shape[0]);
    const logits = site.forward(hidden, chunkContext(pass, { positions, first, path: site.path }));
    return this.#finished(logits, pass.context) as tf.Tensor2D;
  }

  #sumInChunks(states: SupervisedRows, { rows, pass }: Supervised & { readonly pass: Pass }): tf.Scalar {
    const { site } = this.options;
    const trained = site.trainedParts(pass.context);
    const finished = (logits: tf.Tensor) => this.#finished(logits, pass.context);
    if (trained !== undefined)
      return trainedHeadLoss(states, { ...trained, smoothing: smoothingOf(pass.context), finished });
    return adaptedHeadLoss(states, this.#byChunks(rows, pass));
  }

  #byChunks(rows: readonly number[], pass: Pass): AdaptedHead {
    return {
      smoothing: smoothingOf(pass.context),
      variables: this.options.site.variables(pass.context),
      logits: (hidden, first) => this.#logitsOf(hidden, { rows, first, pass }),
    };
  }

  get #cap(): number | null {
    return this.options.cap ?? null;
  }

  /** The logits from the site's product. */
  #finished(product: tf.Tensor, context: ForwardContext): tf.Tensor {
    const { constantBias } = this.options;
    const logits = constantBias === undefined ? product : tf.add(product, constantBias.value(context));
    return this.#cap === null ? logits : softCap(logits, this.#cap);
  }
}

function refuseNothing(): never {
  throw nothingSupervisedError();
}

/** The states of the rows. Adapters that go by rows of the batch need all of them. */
function pickOf(rows: readonly number[], { context }: Pass): Pick<HeadLoss, "pick"> {
  return context.adapters.kind === "rows" ? {} : { pick: { states: rows } };
}

/** x [batch, time, features], or only the rows, → [rows, features] */
function selectRows(x: tf.Tensor, rows: readonly number[]): tf.Tensor2D {
  const features = x.shape[2] ?? 1;
  const picked = rows.length === rowsOf(x) ? x : pickStates(x, tf.tensor1d([...rows], "int32"));
  return tf.reshape<tf.Rank.R2>(picked, [rows.length, features]);
}

function rowsOf({ shape: [batch = 0, time = 0] }: tf.Tensor): number {
  return batch * time;
}

interface ChunkPart {
  /** Numbers of the chunk's rows among all batch·time positions. */
  readonly positions: readonly number[];
  /** Index of its first row among all supervised ones. */
  readonly first: number;
  /** The site's path, for messages. */
  readonly path: string;
}

/** Selects each row's own adapter if the batch's rows have one each, and gives each chunk its own dropout masks. */
function chunkContext({ context, lastIds }: Pass, { positions, first, path }: ChunkPart): ForwardContext {
  const { adapters, random, training, tokenPositions } = context;
  const pickedContext =
    tokenPositions === undefined ? context : { ...context, tokenPositions: tokenPositions.pick(positions) };
  const drawn = training ? { ...pickedContext, random: withNewMasks(random, first) } : pickedContext;
  if (adapters.kind !== "rows") return drawn;
  const [batch, time] = lastIds.shape;
  if (adapters.rows.length !== batch) throw rowCountError(path, adapters.rows.length, batch);
  const names = positions.map((position) => adapters.rows[Math.floor(position / time)] ?? null);
  return { ...drawn, adapters: adapterRows(names) };
}

interface Supervised {
  /** Indices into [batch·time]. */
  readonly rows: readonly number[];
  readonly targets: readonly number[];
}

/** The labels that count, of labels [batch, time]. Throws MODEL_INPUT for a label that is not a class. */
function supervisedPositions(
  labels: tf.Tensor,
  { shape, shift, classes }: { readonly shape: readonly number[]; readonly shift: 0 | 1; readonly classes: number },
): Supervised {
  const [batch = 0, time = 0] = shape;
  if (labels.shape.length !== 2 || labels.shape[0] !== batch || labels.shape[1] !== time) {
    throw modelInputError("labels", `the shape is [${labels.shape}], expected [${batch}, ${time}]`);
  }
  const values = labels.dataSync();
  const rows: number[] = [];
  const targets: number[] = [];
  for (let row = 0; row < batch * time; row++) {
    if ((row % time) + shift >= time) continue;
    const label = values[row + shift] ?? -100;
    if (label === -100) continue;
    if (label < 0 || label >= classes || !Number.isInteger(label)) {
      throw modelInputError("labels", `${label} is neither -100 nor a token id below ${classes}`);
    }
    rows.push(row);
    targets.push(label);
  }
  return { rows, targets };
}
