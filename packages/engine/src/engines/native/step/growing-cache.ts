// Keys and values of some texts, in arrays with spare room, into which a graph writes directly. They are only copied when the room is
// used up. Each row begins at its own first column, without the padding that it had among other rows.

import * as tf from "@tensorflow/tfjs-core";
import type { StepAttention } from "../../../step/step-plan.ts";
import type { CachedPositions } from "../../../step/token-steps.ts";

/** Positions that there is room for at first. */
const firstCapacity = 256;

/** A layer's, [rows, keyHeads, capacity, headSize] each. */
export interface Room {
  readonly attention: StepAttention;
  readonly key: Float32Array;
  readonly value: Float32Array;
}

export class GrowingCache {
  readonly #rooms = new Map<number, Room>();
  readonly lengths: Int32Array;
  #capacity = firstCapacity;

  constructor(
    attentions: readonly StepAttention[],
    /** Columns before each row that do not belong to it. */
    readonly padding: readonly number[],
  ) {
    this.lengths = new Int32Array(padding.length);
    for (const attention of attentions) this.#rooms.set(attention.layer, this.#emptyRoom(attention));
  }

  get rows(): number {
    return this.padding.length;
  }

  /** Columns of the rectangle that the rows make together with their padding. */
  get columns(): number {
    return (this.padding[0] ?? 0) + (this.lengths[0] ?? 0);
  }

  /** Positions of the longest row. */
  get longest(): number {
    return Math.max(...this.lengths);
  }

  get capacity(): number {
    return this.#capacity;
  }

  room(layer: number): Room {
    const room = this.#rooms.get(layer);
    if (room === undefined) throw new Error(`A plan has no attention of layer ${layer}.`);
    return room;
  }

  /** Takes a copy of a layer's rectangle over, [rows, keyHeads, columns, headSize] each. */
  fill(layer: number, cached: CachedPositions, values: (tensor: tf.Tensor) => Float32Array): void {
    const columns = cached.key.shape[2] ?? 0;
    this.makeRoom(columns);
    const { attention, ...targets } = this.room(layer);
    for (const [row, padding] of this.padding.entries()) {
      for (const kind of ["key", "value"] as const) {
        const from = { values: values(cached[kind]), row, room: columns, first: padding };
        const to = { values: targets[kind], row, room: this.#capacity, first: 0 };
        copyHeads(attention, from, to, columns - padding);
      }
      this.lengths[row] = columns - padding;
    }
  }

  /** A copy of a layer's rectangle, with zeros for padding. */
  read(layer: number): CachedPositions {
    const { columns } = this;
    const room = this.room(layer);
    const { keyHeads, headSize } = room.attention;
    const copyOf = (kind: "key" | "value") => {
      const target = new Float32Array(this.rows * keyHeads * columns * headSize);
      for (const [row, padding] of this.padding.entries()) {
        const from = { values: room[kind], row, room: this.#capacity, first: 0 };
        copyHeads(room.attention, from, { values: target, row, room: columns, first: padding }, columns - padding);
      }
      return tf.tensor(target, [this.rows, keyHeads, columns, headSize]);
    };
    return { key: copyOf("key"), value: copyOf("value") };
  }

  /** Counts positions that a graph has written, in every row. */
  advance(time: number): void {
    for (let row = 0; row < this.rows; row++) this.lengths[row] = (this.lengths[row] ?? 0) + time;
  }

  /** False if the present room is large enough. */
  makeRoom(length: number): boolean {
    if (length <= this.#capacity) return false;
    const before = this.#capacity;
    while (this.#capacity < length) this.#capacity *= 2;
    for (const [layer, room] of this.#rooms) {
      const longerRoom = this.#emptyRoom(room.attention);
      for (const kind of ["key", "value"] as const)
        for (const [row, time] of this.lengths.entries()) {
          const from = { values: room[kind], row, room: before, first: 0 };
          copyHeads(room.attention, from, { values: longerRoom[kind], row, room: this.#capacity, first: 0 }, time);
        }
      this.#rooms.set(layer, longerRoom);
    }
    return true;
  }

  clear(): void {
    this.#rooms.clear();
  }

  #emptyRoom(attention: StepAttention): Room {
    const size = this.rows * attention.keyHeads * this.#capacity * attention.headSize;
    return { attention, key: new Float32Array(size), value: new Float32Array(size) };
  }
}

/** Some positions of a row, in an array with room for `room` of them. */
interface Positions {
  readonly values: Float32Array;
  readonly row: number;
  readonly room: number;
  readonly first: number;
}

function copyHeads({ keyHeads, headSize }: StepAttention, from: Positions, to: Positions, time: number): void {
  const offsetOf = ({ row, room, first }: Positions, head: number) =>
    ((row * keyHeads + head) * room + first) * headSize;
  for (let head = 0; head < keyHeads; head++) {
    const start = offsetOf(from, head);
    to.values.set(from.values.subarray(start, start + time * headSize), offsetOf(to, head));
  }
}
