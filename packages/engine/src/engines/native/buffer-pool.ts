// Recycles the memory of tensors that were disposed of. A training step allocates the same sizes again and again, and memory
// fresh from the system costs a page fault for every 4 KB. An array is recycled only if this pool made it and nobody else
// can still hold it: arrays that were handed out or aliased count as escaped.
//
// Idle and used memory together exceed the largest memory that was in use by a tenth at most. Recycling everything between
// the end of one step and the middle of the next costs little that the steps did not need anyway.

/**
 * Steps do not free sizes in the order in which they use them: without spare memory, some arrays would be allocated again
 * each time. Steps with texts are as fast with a tenth as with a quarter.
 */
const spare = 1 / 10;

/** Sizes of memory between one power of two and the next. */
const sizesPerDoubling = 8;

/** How many times as much memory as it needs an array may be given. */
const maxRoom = 2;

/** Smaller arrays cost less to make than to look up, and V8 keeps the smallest on its own heap. */
const smallestLength = 64;

export class BufferPool {
  readonly #owned = new WeakMap<ArrayBufferLike, { escaped: boolean; view: Float32Array }>();
  /** Arrays that wait, by how many numbers their memory holds; the sizes used least recently come first. */
  readonly #free = new Map<number, Float32Array[]>();
  #waiting = 0;
  #inUse = 0;
  #maxInUse = 0;

  /** Bytes that wait to be used again. */
  get bytes(): number {
    return this.#waiting;
  }

  /** An array whose contents are whatever they were. */
  take(length: number): Float32Array {
    if (length < smallestLength) return new Float32Array(length);
    const values = this.#takeFree(length) ?? this.#make(length);
    this.#inUse += values.buffer.byteLength;
    if (this.#inUse > this.#maxInUse) this.#maxInUse = this.#inUse;
    return values;
  }

  /** Whether an array is exactly the view that the pool gave out, and has not escaped. */
  holds(values: unknown): values is Float32Array {
    if (!(values instanceof Float32Array)) return false;
    const mark = this.#owned.get(values.buffer);
    return mark !== undefined && !mark.escaped && mark.view === values;
  }

  /** Gives an array back. Ignored unless the pool holds it. */
  give(values: unknown): void {
    if (!this.holds(values)) return;
    const { byteLength } = values.buffer;
    const list = this.#free.get(byteLength / 4) ?? [];
    list.push(values);
    this.#free.delete(byteLength / 4); // set again, so that it counts as used most recently
    this.#free.set(byteLength / 4, list);
    this.#waiting += byteLength;
    this.#inUse -= byteLength;
    this.#shrink();
  }

  /** Marks an array as used elsewhere, so that it is not reused. */
  escape(values: unknown): void {
    if (!ArrayBuffer.isView(values)) return;
    const mark = this.#owned.get(values.buffer);
    if (mark === undefined || mark.escaped) return;
    mark.escaped = true;
    this.#inUse -= values.buffer.byteLength;
  }

  clear(): void {
    this.#free.clear();
    this.#waiting = 0;
  }

  #takeFree(length: number): Float32Array | undefined {
    const needed = roomFor(length);
    for (let room = needed; room <= maxRoom * needed; room = roomFor(room + 1)) {
      const list = this.#free.get(room);
      const buffer = list?.pop();
      if (buffer === undefined) continue;
      if (list?.length === 0) this.#free.delete(room);
      this.#waiting -= buffer.buffer.byteLength;
      if (buffer.length === length) return buffer;
      const view = new Float32Array(buffer.buffer, 0, length);
      this.#owned.set(view.buffer, { escaped: false, view });
      return view;
    }
    return undefined;
  }

  #make(length: number): Float32Array {
    const room = roomFor(length);
    this.#maxInUse = Math.max(this.#maxInUse, this.#inUse + 4 * room);
    this.#shrink(4 * room);
    const view = new Float32Array(new ArrayBuffer(4 * room), 0, length);
    this.#owned.set(view.buffer, { escaped: false, view });
    return view;
  }

  #shrink(coming = 0): void {
    const limit = this.#maxInUse * (1 + spare) - coming;
    for (const [room, list] of this.#free) {
      while (this.#waiting + this.#inUse > limit && list.length > 0) {
        this.#waiting -= list.shift()?.buffer.byteLength ?? 0;
      }
      if (list.length > 0) return;
      this.#free.delete(room);
    }
  }
}

/** The next of the sizes in which memory is made. */
function roomFor(length: number): number {
  const step = Math.max(1, 2 ** Math.floor(Math.log2(length)) / sizesPerDoubling);
  return Math.ceil(length / step) * step;
}
