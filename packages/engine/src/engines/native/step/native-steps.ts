// One text's keys and values, and the calls that compute its next tokens. Keys and values lie in arrays with room to spare, into
// which each call writes its own: nothing is copied but when the room is used up.

import * as tf from "@tensorflow/tfjs-core";
import type { KeptPositions } from "../../../step/kept-positions.ts";
import type { StepAttention, StepRotation } from "../../../step/step-plan.ts";
import type { StepProgram } from "../../../step/token-steps.ts";
import type { NativeTensor } from "../runtime/onnx-runtime.ts";
import type { StepBackend } from "./step-backend.ts";
import type { StepFeed } from "./step-graph.ts";
import type { StepSessions, StepStage } from "./step-sessions.ts";

/** Positions that there is room for at first. */
const firstCapacity = 256;

/** [1, keyHeads, capacity, headSize] each. */
interface Room {
  readonly attention: StepAttention;
  key: Float32Array;
  value: Float32Array;
}

/** [capacity, pairs] each. */
interface Angles {
  cos: Float32Array;
  sin: Float32Array;
}

/** What one call has for the feeds. */
interface Call {
  readonly hidden: NativeTensor;
  readonly last: NativeTensor;
  readonly total: NativeTensor;
}

export class NativeSteps implements StepProgram {
  readonly #rooms = new Map<number, Room>();
  readonly #angles = new Map<StepRotation, Angles>();
  #capacity = firstCapacity;
  #length = 0;

  constructor(
    private readonly backend: StepBackend,
    private readonly sessions: StepSessions,
  ) {
    for (const attention of sessions.stages.flatMap(({ attentions }) => attentions))
      this.#rooms.set(attention.layer, { attention, ...this.#emptyRoom(attention) });
  }

  get length(): number {
    return this.#length;
  }

  get isAlive(): boolean {
    return this.sessions.isAlive;
  }

  fill(layer: number, { key, value }: KeptPositions): void {
    const time = key.shape[2] ?? 0;
    this.#makeRoom(time);
    const room = this.#room(layer);
    copyHeads(this.backend.floats(key), { from: time, to: this.#capacity, time, target: room.key }, room.attention);
    copyHeads(this.backend.floats(value), { from: time, to: this.#capacity, time, target: room.value }, room.attention);
    this.#length = time;
  }

  read(layer: number): KeptPositions {
    const { attention, key, value } = this.#room(layer);
    const { keyHeads, headSize } = attention;
    const time = this.#length;
    const [keys, values] = [key, value].map((source) => {
      const target = new Float32Array(keyHeads * time * headSize);
      copyHeads(source, { from: this.#capacity, to: time, time, target }, attention);
      return tf.tensor(target, [1, keyHeads, time, headSize]);
    });
    return { key: keys as tf.Tensor, value: values as tf.Tensor };
  }

  run(hidden: tf.Tensor, positions: readonly number[]): tf.Tensor {
    const time = positions.length;
    this.#makeRoom(this.#length + time);
    for (const rotation of new Set([...this.#rooms.values()].map(({ attention }) => attention.rotation)))
      if (rotation !== undefined) this.#turn(rotation, positions);
    const total = this.#length + time;
    const counts = {
      last: { values: Int32Array.of(total - 1), shape: [1] },
      total: { values: Int32Array.of(total), shape: [1] },
    };
    const states = this.#runAll(this.backend.floats(hidden), time, counts);
    this.#length = total;
    return states;
  }

  dispose(): void {
    this.#rooms.clear();
    this.#angles.clear();
  }

  #runAll(hidden: Float32Array, time: number, counts: Omit<Call, "hidden">): tf.Tensor {
    const { pool } = this.backend;
    let [values, rows] = [hidden, time];
    const lastMixing = this.sessions.stages.reduce(
      (last, { attentions }, at) => (attentions.length > 0 ? at : last),
      -1,
    );
    for (const [index, stage] of this.sessions.stages.entries()) {
      const width = values.length / rows;
      // What comes behind the last attention is asked for at the last position alone.
      const read = index > lastMixing ? values.subarray((rows - 1) * width) : values;
      rows = read.length / width;
      const result = pool.take(rows * stage.width);
      const call = { ...counts, hidden: { values: read, shape: [1, rows, width] } };
      this.backend.run(
        stage.session,
        stage.feeds.map((feed) => this.#fed(feed, call)),
        [{ values: result, shape: [1, rows, stage.width] }, ...this.#keptBy(stage)],
      );
      if (values !== hidden) pool.give(values);
      values = result;
    }
    const width = values.length / rows;
    return this.#tensor(rows === 1 ? values : values.slice((rows - 1) * width), width);
  }

  #tensor(values: Float32Array, width: number): tf.Tensor {
    const { dataId, shape, dtype } = this.backend.output([1, 1, width], values);
    return tf.engine().makeTensorFromDataId(dataId, shape as number[], dtype);
  }

  #keptBy({ attentions }: StepStage): readonly NativeTensor[] {
    return attentions.flatMap((attention) => [this.#kept(attention, "key"), this.#kept(attention, "value")]);
  }

  #kept({ layer, keyHeads, headSize }: StepAttention, kind: "key" | "value"): NativeTensor {
    return { values: this.#room(layer)[kind], shape: [1, keyHeads, this.#capacity, headSize] };
  }

  #fed(feed: StepFeed, call: Call): NativeTensor {
    switch (feed.kind) {
      case "hidden":
      case "last":
      case "total":
        return call[feed.kind];
      case "key":
      case "value":
        return this.#kept(feed.attention, feed.kind);
      case "cos":
      case "sin": {
        const { rotation } = feed.attention;
        const values = rotation === undefined ? undefined : this.#angles.get(rotation)?.[feed.kind];
        if (rotation === undefined || values === undefined) throw new Error("A plan's angles are missing.");
        return { values, shape: [this.#capacity, rotation.pairs] };
      }
      case "factor":
        return { values: Float32Array.of(feed.factor), shape: [1] };
      case "tensor":
        return { values: this.backend.floats(feed.tensor), shape: feed.tensor.shape };
    }
  }

  /** Puts the angles of the positions at the places where their keys will lie. */
  #turn(rotation: StepRotation, positions: readonly number[]): void {
    const size = this.#capacity * rotation.pairs;
    const before = this.#angles.get(rotation);
    const angles = before?.cos.length === size ? before : { cos: new Float32Array(size), sin: new Float32Array(size) };
    this.#angles.set(rotation, angles);
    const { cos, sin } = rotation.angles(positions);
    angles.cos.set(cos, this.#length * rotation.pairs);
    angles.sin.set(sin, this.#length * rotation.pairs);
  }

  #makeRoom(length: number): void {
    if (length <= this.#capacity) return;
    const before = this.#capacity;
    while (this.#capacity < length) this.#capacity *= 2;
    for (const room of this.#rooms.values()) {
      const { attention, key, value } = room;
      const made = this.#emptyRoom(attention);
      const sizes = { from: before, to: this.#capacity, time: this.#length };
      copyHeads(key, { ...sizes, target: made.key }, attention);
      copyHeads(value, { ...sizes, target: made.value }, attention);
      Object.assign(room, made);
    }
  }

  #emptyRoom({ keyHeads, headSize }: StepAttention) {
    const size = keyHeads * this.#capacity * headSize;
    return { key: new Float32Array(size), value: new Float32Array(size) };
  }

  #room(layer: number): Room {
    const room = this.#rooms.get(layer);
    if (room === undefined) throw new Error(`A plan has no attention of layer ${layer}.`);
    return room;
  }
}

interface HeadsCopy {
  /** Positions that the source and the target have room for. */
  readonly from: number;
  readonly to: number;
  /** Positions to copy. */
  readonly time: number;
  readonly target: Float32Array;
}

function copyHeads(source: Float32Array, { from, to, time, target }: HeadsCopy, { keyHeads, headSize }: StepAttention) {
  for (let head = 0; head < keyHeads; head++) {
    const start = head * from * headSize;
    target.set(source.subarray(start, start + time * headSize), head * to * headSize);
  }
}
