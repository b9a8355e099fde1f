// The keys and values of some texts, and the calls that compute their next tokens.

import * as tf from "@tensorflow/tfjs-core";
import type { StepAttention, StepBias } from "../../../step/step-plan.ts";
import type { CachedPositions, StepProgram } from "../../../step/token-steps.ts";
import type { HeldTensor, NativeTensor } from "../runtime/native-tensor.ts";
import type { NativeValues } from "../runtime/onnx-model.ts";
import type { OnnxRuntime } from "../runtime/onnx-runtime.ts";
import { AngleTables, agreeOnColumns } from "./angle-tables.ts";
import { GrowingCache } from "./growing-cache.ts";
import type { StepBackend } from "./step-backend.ts";
import type { StepFeed } from "./step-graph.ts";
import type { StepSessions, StepStage } from "./step-sessions.ts";

/** The values of one call, for the inputs of the graphs. */
interface Call {
  /** [rows, time, width] */
  readonly hidden: NativeTensor;
  /** The index of each row's newest key, [rows]. */
  readonly last: NativeTensor;
  /** The number of keys in the longest row, [1]. */
  readonly total: NativeTensor;
  /** New positions of each row. */
  readonly time: number;
  readonly biases: Map<StepBias, NativeTensor>;
}

export interface StepsOptions {
  readonly sessions: Pick<StepSessions, "isAlive">;
  readonly stages: readonly StepStage[];
  /** For each row the number of padding columns in front of it. */
  readonly padding: readonly number[];
}

export class NativeSteps implements StepProgram {
  readonly #sessions: StepsOptions["sessions"];
  readonly #stages: readonly StepStage[];
  readonly #cache: GrowingCache;
  readonly #angles: AngleTables;
  readonly #heldTensors: HeldTensors;
  readonly #last: Int32Array;
  readonly #total = new Int32Array(1);
  /** The index of the last stage with attention: later stages are only computed for the last position. */
  readonly #lastAttentionStage: number;
  /** Buffers for the values between two stages, which every token reuses. */
  readonly #buffers = new Map<string, Float32Array>();

  constructor(
    private readonly backend: StepBackend,
    { sessions, stages, padding }: StepsOptions,
  ) {
    this.#sessions = sessions;
    this.#stages = stages;
    const attentions = stages.flatMap((stage) => stage.attentions);
    this.#cache = new GrowingCache(attentions, padding);
    this.#angles = new AngleTables(attentions.flatMap(({ rotation }) => rotation ?? []));
    this.#heldTensors = new HeldTensors(backend.runtime);
    this.#last = new Int32Array(padding.length);
    this.#lastAttentionStage = stages.reduce((last, stage, at) => (stage.attentions.length > 0 ? at : last), -1);
  }

  get length(): number {
    return this.#cache.columns;
  }

  get isAlive(): boolean {
    return this.#sessions.isAlive;
  }

  fill(layer: number, cached: CachedPositions): void {
    this.#cache.fill(layer, cached, (tensor) => this.backend.floats(tensor));
    this.#heldTensors.release();
  }

  read(layer: number): CachedPositions {
    return this.#cache.read(layer);
  }

  run(hidden: tf.Tensor, positions: readonly (readonly number[])[]): tf.Tensor | undefined {
    const time = hidden.shape[1] ?? 1;
    const { lengths, rows } = this.#cache;
    const columns = positions.map((rowPositions, row) => ({ column: lengths[row] ?? 0, positions: rowPositions }));
    if (!agreeOnColumns(columns)) return undefined;
    const total = this.#cache.longest + time;
    if (this.#cache.makeRoom(total)) this.#heldTensors.release();
    this.#angles.makeRoom(this.#cache.capacity);
    this.#angles.fill(columns);
    this.#total[0] = total;
    for (let row = 0; row < rows; row++) this.#last[row] = (lengths[row] ?? 0) + time - 1;
    const states = this.#runAll(this.backend.floats(hidden), time, {
      last: this.#heldTensors.of({ values: this.#last, shape: [rows] }),
      total: this.#heldTensors.of({ values: this.#total, shape: [1] }),
      time,
      biases: new Map(),
    });
    this.#cache.advance(time);
    return states;
  }

  dispose(): void {
    this.#heldTensors.release();
    this.#cache.clear();
    this.#buffers.clear();
  }

  /** Runs all stages. `hidden` has [rows, time, width] values; several positions in one call must belong to one row. */
  #runAll(hidden: Float32Array, time: number, call: Omit<Call, "hidden">): tf.Tensor {
    const stages = this.#stages;
    const { rows } = this.#cache;
    const { pool } = this.backend;
    let [values, positions] = [hidden, time];
    for (const [index, stage] of stages.entries()) {
      const width = values.length / (rows * positions);
      const needed = index > this.#lastAttentionStage ? values.subarray((positions - 1) * width * rows) : values;
      positions = needed.length / (rows * width);
      const input = this.#heldIfReused({ values: needed, shape: [rows, positions, width] });
      const size = rows * positions * stage.width;
      const isReused = time === 1 && index < stages.length - 1;
      const result = isReused ? this.#buffer(size, index) : pool.take(size);
      const output = this.#heldIfReused({ values: result, shape: [rows, positions, stage.width] });
      const inputs = stage.feeds.map((feed) => this.#inputOf(feed, { ...call, hidden: input }));
      this.backend.run(stage.session, inputs, [output, ...this.#cachesOf(stage)]);
      if (values !== hidden) pool.give(values);
      values = result;
    }
    const width = values.length / (rows * positions);
    return this.#tensor(positions === 1 ? values : values.slice((positions - 1) * width), width);
  }

  #tensor(values: Float32Array, width: number): tf.Tensor {
    const { dataId, shape, dtype } = this.backend.output([this.#cache.rows, 1, width], values);
    return tf.engine().makeTensorFromDataId(dataId, shape as number[], dtype);
  }

  /** The buffer for the result of stage `index`. Two alternate, because a stage reads the other one. */
  #buffer(size: number, index: number): Float32Array {
    const key = `${size} ${index % 2}`;
    const buffer = this.#buffers.get(key) ?? new Float32Array(size);
    this.#buffers.set(key, buffer);
    return buffer;
  }

  /** A tensor in a reused buffer is passed to the library once for all tokens. */
  #heldIfReused(tensor: NativeTensor): NativeTensor {
    const isReused = [...this.#buffers.values()].some((buffer) => buffer === tensor.values);
    return isReused ? this.#heldTensors.of(tensor) : tensor;
  }

  #cachesOf({ attentions }: StepStage): readonly NativeTensor[] {
    return attentions.flatMap((attention) => [this.#cached(attention, "key"), this.#cached(attention, "value")]);
  }

  #cached({ layer, keyHeads, headSize }: StepAttention, kind: "key" | "value"): NativeTensor {
    const { rows, capacity } = this.#cache;
    return this.#heldTensors.of({ values: this.#cache.room(layer)[kind], shape: [rows, keyHeads, capacity, headSize] });
  }

  /** The value of one input of a stage's graph. */
  #inputOf(feed: StepFeed, call: Call): NativeTensor {
    switch (feed.kind) {
      case "hidden":
      case "last":
      case "total":
        return call[feed.kind];
      case "key":
      case "value":
        return this.#cached(feed.attention, feed.kind);
      case "cos":
      case "sin": {
        const values = this.#angles.of(feed.rotation)[feed.kind];
        return this.#heldTensors.of({ values, shape: [this.#cache.capacity, feed.rotation.pairs] });
      }
      case "bias": {
        const bias = call.biases.get(feed.bias) ?? biasTensor(feed.bias, this.#cache.lengths, call.time);
        call.biases.set(feed.bias, bias);
        return bias;
      }
      case "factor":
        return { values: Float32Array.of(feed.factor), shape: [1] };
      case "rows":
        return { values: Uint8Array.from(feed.rows, Number), shape: [feed.rows.length, 1, 1], type: "bool" };
      case "tensor":
        return this.#heldTensors.of({ values: this.backend.floats(feed.tensor), shape: feed.tensor.shape });
    }
  }
}

/** Tensors that a text's calls use repeatedly (weights, keys, values), passed to the library once for all calls. */
class HeldTensors {
  readonly #heldTensors = new Map<NativeValues, HeldTensor>();

  constructor(private readonly runtime: OnnxRuntime) {}

  of(tensor: NativeTensor): HeldTensor {
    const existing = this.#heldTensors.get(tensor.values);
    if (existing !== undefined && isSameShape(existing.shape, tensor.shape)) return existing;
    existing?.release();
    const held = this.runtime.hold(tensor);
    this.#heldTensors.set(tensor.values, held);
    return held;
  }

  release(): void {
    for (const held of this.#heldTensors.values()) held.release();
    this.#heldTensors.clear();
  }
}

function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}

/** `lengths`: each row's keys before its newest `time`. [rows, heads, time, longest + time]; 0 after a row's end. */
function biasTensor(bias: StepBias, lengths: Int32Array, time: number): NativeTensor {
  const keys = Math.max(...lengths) + time;
  const { heads } = bias;
  const values = new Float32Array(lengths.length * heads * time * keys);
  for (const [row, past] of lengths.entries()) {
    const rowBias = bias.values({ past, time }); // [heads, time, past + time]
    for (let query = 0; query < heads * time; query++)
      values.set(
        rowBias.subarray(query * (past + time), (query + 1) * (past + time)),
        (row * heads * time + query) * keys,
      );
  }
  return { values, shape: [lengths.length, heads, time, keys] };
}
