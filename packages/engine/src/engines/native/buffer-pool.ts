// Recycles the memory of tensors that were disposed of. A training step allocates the same sizes again and again, and memory
// fresh from the system costs a page fault for every 4 KB. An array is recycled only if this pool made it and nobody else
// can still hold it: arrays that were handed out or aliased count as escaped.
//
// What waits here and what is in use together exceed what was once in use at the same time by a quarter at most: recycling
// everything between the end of one step and the middle of the next costs little that the steps did not need anyway.

/** Steps use their sizes in another order than they give them back: without room to spare, some would be made anew each time. */
const spare = 1 / 4;

/** Smaller arrays cost less to make than to look up, and V8 keeps the smallest on its own heap. */
const smallestLength = 64;

export class BufferPool {
  readonly #owned = new WeakMap<ArrayBufferLike, { escaped: boolean }>();
  /** Free arrays by length; the lengths used least recently come first. */
  readonly #free = new Map<number, Float32Array[]>();
  #waiting = 0;
  #inUse = 0;
  #mostInUse = 0;

  /** Bytes that wait to be used again. */
  get bytes(): number {
    return this.#waiting;
  }

  /** An array whose contents are whatever they were. */
  take(length: number): Float32Array {
    if (length < smallestLength) return new Float32Array(length);
    this.#inUse += 4 * length;
    const list = this.#free.get(length);
    const found = list?.pop();
    if (found !== undefined) {
      this.#waiting -= found.byteLength;
      if (list?.length === 0) this.#free.delete(length);
      return found;
    }
    this.#mostInUse = Math.max(this.#mostInUse, this.#inUse);
    this.#shrink();
    const made = new Float32Array(length);
    this.#owned.set(made.buffer, { escaped: false });
    return made;
  }

  /** Whether an array was taken from here, is whole, and has not escaped. */
  holds(values: unknown): values is Float32Array {
    if (!(values instanceof Float32Array)) return false;
    const mark = this.#owned.get(values.buffer);
    return mark !== undefined && !mark.escaped && values.byteLength === values.buffer.byteLength;
  }

  /** Gives an array back. Ignored unless the pool holds it. */
  give(values: unknown): void {
    if (!this.holds(values)) return;
    const list = this.#free.get(values.length) ?? [];
    list.push(values);
    this.#free.delete(values.length); // set again, so that it counts as used most recently
    this.#free.set(values.length, list);
    this.#waiting += values.byteLength;
    this.#inUse -= values.byteLength;
    this.#shrink();
  }

  /** Somebody outside may hold this array from now on. */
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

  #shrink(): void {
    const limit = this.#mostInUse * (1 + spare);
    for (const [length, list] of this.#free) {
      while (this.#waiting + this.#inUse > limit && list.length > 0) this.#waiting -= list.shift()?.byteLength ?? 0;
      if (list.length > 0) return;
      this.#free.delete(length);
    }
  }
}
