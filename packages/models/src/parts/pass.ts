// The state of one forward pass: the context, the inputs, and masks and rotation tables made once.

import type { ForwardContext } from "@lowrank/contracts";
import { dropout } from "@lowrank/engine";
import { type AttentionMask, causalMask, type DropoutDraw, paddingMask } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { KeyValueCache } from "./cache/key-value-cache.ts";
import { RoutingRecord } from "./experts/routing-record.ts";
import { withNewMasks } from "./new-masks.ts";
import { contextOfStates, packedInputs } from "./packing/packed-inputs.ts";
import type { Packing } from "./packing/plan-packing.ts";
import type { PassInputs } from "./pass-inputs.ts";
import type { Planned } from "./planned.ts";
import type { Alibi } from "./positions/alibi.ts";
import { maskOfPass, slopedMaskOfPass } from "./positions/pass-masks.ts";
import { frequenciesChange, type RotaryFrequencies, rotaryAngles } from "./positions/rotary-frequencies.ts";
import { type RotationOptions, rotationMatrices } from "./positions/rotation-matrices.ts";
import { remembered } from "./remembered.ts";

/** cos and sin, [batch or 1, 1, time, pairs]. */
export interface RotaryTables {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/** Keys under which a decoder's pass keeps its source and the mask of it. */
const sourceKey = {};
const sourceMaskKey = {};

/** The images of a call to a language model. */
export interface ShownImages {
  /** The pass through the image encoder. */
  readonly pass: Pass;
  /** For each of batch·time tokens, the index of the image state that replaces it, or −1. */
  readonly stateOf: readonly number[];
}

/** A step from hidden states [batch, time, features] to hidden states. */
export interface Layer extends Planned {
  (hidden: tf.Tensor, pass: Pass): tf.Tensor;
}

export class Pass {
  readonly #masks = new Map<number, AttentionMask | undefined>();
  readonly #owned = new Map<object, tf.Tensor>();
  readonly #tables = new Map<RotaryFrequencies, RotaryTables>();
  readonly #rotations = new Map<RotaryFrequencies, Map<string, tf.Tensor3D>>();
  readonly #derived: Pass[] = [];
  #groups: readonly Pass[] | undefined;
  #routing: RoutingRecord | undefined;
  #isOver = false;

  constructor(
    readonly context: ForwardContext,
    readonly inputs: PassInputs,
    /** The pass through the second stack of an encoder–decoder. */
    private readonly second?: Pass,
    readonly images?: ShownImages,
  ) {}

  /** int32 [batch, time] */
  get inputIds(): tf.Tensor2D {
    const { inputIds } = this.inputs;
    if (inputIds === undefined) throw modelInputError("inputIds", "this model reads text");
    return inputIds;
  }

  /** Axes of the hidden states. */
  get shape(): readonly [batch: number, time: number] {
    return this.inputs.shape ?? this.inputIds.shape;
  }

  /** Whether positions are plain numbers; false while an ONNX graph is recorded. */
  get hasKnownPositions(): boolean {
    return true;
  }

  /** int32 [batch, time]: the tokens at the positions of the last states. */
  get lastIds(): tf.Tensor2D {
    return (this.second ?? this).inputIds;
  }

  /** The pass of the decoder's stages. */
  get decoder(): Pass {
    if (this.second === undefined) throw modelInputError("decoderInputIds", "this model has no decoder");
    return this.second;
  }

  /** Positions in front of this pass, held by a cache. */
  get past(): number {
    return this.cache?.length ?? 0;
  }

  /** The input of cross attention: the encoder's last states [batch, sourceTime, width]. */
  get source(): tf.Tensor {
    const source = this.#owned.get(sourceKey);
    if (source === undefined) throw modelInputError("inputIds", "the encoder has not run");
    return source;
  }

  setSource(source: tf.Tensor): void {
    this.#owned.get(sourceKey)?.dispose();
    this.#owned.set(sourceKey, tf.keep(tf.clone(source)));
  }

  /** Makes a tensor once in this pass, which then owns it. */
  once(key: object, make: () => tf.Tensor): tf.Tensor {
    return remembered(this.#owned, key, () => tf.keep(tf.tidy(make)));
  }

  /** The mask of a decoder's source; undefined hides nothing. */
  sourceMask(): AttentionMask | undefined {
    const { sourceMask } = this.inputs;
    if (sourceMask === undefined) return undefined;
    return this.once(sourceMaskKey, () => paddingMask(sourceMask));
  }

  get cache(): KeyValueCache | undefined {
    return this.inputs.cache;
  }

  /** Whether this pass or its decoder's fills a cache. */
  get holdsCache(): boolean {
    return this.cache !== undefined || this.second?.cache !== undefined;
  }

  /** Receives the routers' scores, if a loss needs them. */
  get routing(): RoutingRecord | undefined {
    return this.#routing;
  }

  /** Records the routers of this pass from now on. Throws MODEL_INPUT if blocks are recomputed in the backward pass. */
  recordRouting(): RoutingRecord {
    if (this.context.blocksPerCheckpoint !== undefined && tf.engine().isTapeOn()) {
      const reason =
        "the load-balancing loss (output_router_logits) needs every router, which checkpointing does not keep";
      throw modelInputError("blocksPerCheckpoint", `${reason}. Leave out one of the two.`);
    }
    this.#routing ??= new RoutingRecord();
    return this.#routing;
  }

  /** int32 [batch, time]: adaptations by row need the batch axis, even if all rows have the same positions. */
  positionIds(): tf.Tensor2D {
    const [batch, time] = this.inputIds.shape;
    const { positions } = this.inputs;
    const rows = positions.length === batch ? positions : Array<readonly number[]>(batch).fill(positions[0] ?? []);
    return tf.tensor2d(rows.flat(), [batch, time], "int32");
  }

  /** The values of `of`, `width` numbers for each position: [batch or 1, time, width]. */
  byPosition(of: (position: number) => Float32Array, width: number): tf.Tensor {
    const { positions } = this.inputs;
    const time = positions[0]?.length ?? 0;
    const values = new Float32Array(positions.length * time * width);
    for (const [slot, position] of positions.flat().entries()) values.set(of(position), slot * width);
    return tf.tensor3d(values, [positions.length, time, width]);
  }

  /** The values of `of` for the distance from each query to each key, negative for earlier keys: int32 [queryTime, keyTime]. */
  byDistance(of: (distance: number) => number): tf.Tensor2D {
    const [, time] = this.shape;
    const keyTime = this.past + time;
    const values = Int32Array.from({ length: time * keyTime }, (_, index) =>
      of((index % keyTime) - this.past - Math.floor(index / keyTime)),
    );
    return tf.tensor2d(values, [time, keyTime], "int32");
  }

  /** Hides later keys, and those before a query's last `window`: [1, 1, time, past + time]. The caller owns it. */
  order(window = Number.POSITIVE_INFINITY): AttentionMask {
    return causalMask(this.shape[1], { past: this.past, window });
  }

  /** The mask of attention; undefined hides nothing. `window` counts the keys to one side of a query, itself included. */
  mask(window = Number.POSITIVE_INFINITY): AttentionMask | undefined {
    if (!this.#masks.has(window))
      this.#masks.set(
        window,
        keepOf(() => maskOfPass(this, window)),
      );
    return this.#masks.get(window);
  }

  /** The mask, with a bias that grows with the key's position, differently for each head (ALiBi). */
  slopedMask(slopes: Alibi): AttentionMask {
    const mask = this.mask();
    return this.once(slopes, () => slopedMaskOfPass(this, slopes, mask));
  }

  rotary(frequencies: RotaryFrequencies): RotaryTables {
    return remembered(this.#tables, frequencies, () => this.#makeTables(frequencies));
  }

  /**
   * For one token in each row: the matrix that rotates a head, [batch or 1, headSize, headSize], scaled by `factor`. One
   * small product replaces slices, products and a join.
   */
  rotation(frequencies: RotaryFrequencies, options: RotationOptions): tf.Tensor3D {
    const byOptions = remembered(this.#rotations, frequencies, () => new Map<string, tf.Tensor3D>());
    const key = `${options.headSize}/${options.interleaved}/${options.factor}`;
    return remembered(byOptions, key, () => tf.keep(this.#makeRotation(frequencies, options)));
  }

  /** True once the pass has disposed of its masks and tables. Later computations, in the backward pass, need `again`. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The caller's tensors whose values a block may read: masks. */
  get borrowed(): readonly tf.Tensor[] {
    const { attentionMask, sourceMask } = this.inputs;
    return [attentionMask, sourceMask, ...(this.second?.borrowed ?? [])].filter((tensor) => tensor !== undefined);
  }

  /**
   * The same pass with new tensors; `borrowed` replaces the tensors of that property, which may be disposed of. Call it
   * inside a tidy; the caller disposes of the pass.
   */
  again(borrowed: readonly tf.Tensor[]): Pass {
    const { attentionMask, sourceMask, ...inputs } = this.inputs;
    const rest = [...borrowed];
    const next = (like: tf.Tensor2D) => tf.reshape<tf.Rank.R2>(rest.shift() ?? like, like.shape);
    return new Pass(
      this.context,
      {
        ...inputs,
        ...(attentionMask === undefined ? {} : { attentionMask: next(attentionMask) }),
        ...(sourceMask === undefined ? {} : { sourceMask: next(sourceMask) }),
      },
      this.second?.again(rest),
    );
  }

  /**
   * The pass for only some states, given by their indices among batch·time. For computations that treat each position separately:
   * nothing is stored in it.
   */
  only(states: readonly number[]): Pass {
    const { tokenPositions, adapters } = this.context;
    if (tokenPositions === undefined && adapters.kind !== "rows") return this;
    return new Pass(contextOfStates(this.context, states, this.shape[1]), this.inputs, this.second);
  }

  /** The same pass for a layer that is run several times: each run has its own dropout masks. */
  repeated(passage: number): Pass {
    if (!this.context.training) return this;
    const random = withNewMasks(this.context.random, passage);
    const pass = new Pass({ ...this.context, random }, this.inputs, this.second);
    this.#derived.push(pass);
    return pass;
  }

  /** The same pass without padding, each token a row of its own, [tokens, 1]. Call it inside a tidy; this pass frees it. */
  pack(packing: Packing): Pass {
    // A shared token has a position in several texts.
    const { tokenPositions: _, ...others } = this.context;
    const shared = packing.shared === undefined ? this.context : others;
    const context = contextOfStates(shared, packing.tokens, this.shape[1]);
    const images = this.images && {
      ...this.images,
      stateOf: packing.tokens.map((token) => this.images?.stateOf[token] ?? -1),
    };
    const packed = new Pass(context, packedInputs(this.inputs, packing), undefined, images);
    this.#derived.push(packed);
    return packed;
  }

  /** In a pass without padding: one pass for each group of rows of equal length, with its own dropout key. */
  get groups(): readonly Pass[] {
    const { causal, groups = [] } = this.inputs;
    this.#groups ??= groups.map(({ rows, time }, index) => {
      const context = { ...this.context, random: withNewMasks(this.context.random, index) };
      return new Pass(context, { shape: [rows, time], positions: [], causal });
    });
    return this.#groups;
  }

  /** The base model's own dropout; it acts while training alone. */
  drop(x: tf.Tensor, rate: number, path: string): tf.Tensor {
    const draw = this.draw(rate, path);
    return draw === undefined ? x : dropout(x, draw.rate, draw.key);
  }

  /** The same as a draw, for operations with dropout inside; undefined if nothing is dropped. */
  draw(rate: number, path: string): DropoutDraw | undefined {
    const { training, random } = this.context;
    return training && rate > 0 ? { rate, key: { ...random, path } } : undefined;
  }

  /** Frees the masks and tables. */
  dispose(): void {
    this.#isOver = true;
    for (const mask of this.#masks.values()) mask?.dispose();
    for (const { cos, sin } of this.#tables.values()) tf.dispose([cos, sin]);
    for (const rotations of this.#rotations.values()) tf.dispose([...rotations.values()]);
    for (const tensor of this.#owned.values()) tensor.dispose();
    this.second?.dispose();
    this.images?.pass.dispose();
    this.#routing?.dispose();
    for (const pass of [...this.#derived, ...(this.#groups ?? [])]) pass.dispose();
    this.#owned.clear();
    this.#masks.clear();
    this.#tables.clear();
    this.#rotations.clear();
  }

  #makeTables(frequencies: RotaryFrequencies): RotaryTables {
    const { positions } = this.inputs;
    if (this.past > 0 && frequenciesChange(frequencies, positions)) {
      const message = `beyond ${frequencies.long?.from} positions this model rotates all keys differently, also those in the cache`;
      throw modelInputError("cache", `${message}. Start again with the whole text and an empty cache.`);
    }
    const shape = [positions.length, 1, positions[0]?.length ?? 0, frequencies.pairs.length];
    const { cos, sin } = this.#angles(frequencies);
    return { cos: tf.keep(tf.tensor(cos, shape)), sin: tf.keep(tf.tensor(sin, shape)) };
  }

  #makeRotation(frequencies: RotaryFrequencies, options: RotationOptions): tf.Tensor3D {
    const { positions } = this.inputs;
    const pairs = this.rotary(frequencies).cos.shape[3] ?? 0;
    const values = rotationMatrices(this.#angles(frequencies), pairs, options);
    return tf.tensor3d(values, [positions.length, options.headSize, options.headSize]);
  }

  #angles(frequencies: RotaryFrequencies) {
    const { positions, places = [] } = this.inputs;
    return rotaryAngles(
      frequencies,
      positions.flat(),
      places.map((axis) => axis.flat()),
    );
  }
}

/** A result that outlives every enclosing tidy, until the pass is over. */
function keepOf(make: () => tf.Tensor | undefined): tf.Tensor | undefined {
  const kept: tf.Tensor[] = [];
  tf.tidy(() => {
    const result = make();
    if (result !== undefined) kept.push(tf.keep(result));
  });
  return kept[0];
}
