// Recycles the memory of tensors that were disposed of. A training step allocates the same sizes again and again, and memory
// fresh from the system costs a page fault for every 4 KB. An array is recycled only if this pool made it and nobody else
// can still hold it: arrays that were handed out or aliased count as escaped.

/** The pool's default limit: what one step of a GPT-2-sized model keeps turning over. */
const defaultBytes = 256 * 2 ** 20;
/** Smaller arrays cost less to make than to look up, and V8 keeps the smallest on its own heap. */
const smallestLength = 64;

export class BufferPool {
  readonly #owned = new WeakMap<ArrayBufferLike, { escaped: boolean }>();
  /** Free arrays by length; the lengths used least recently come first. */
  readonly #free = new Map<number, Float32Array[]>();
  #bytes = 0;

  constructor(readonly capacity: number = defaultBytes) {}

  /** Bytes that wait to be used again. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An array whose contents are whatever they were. */
  take(length: number): Float32Array {
    const list = this.#free.get(length);
    const found = list?.pop();
    if (found !== undefined) {
      this.#bytes -= found.byteLength;
      if (list?.length === 0) this.#free.delete(length);
      return found;
    }
    const made = new Float32Array(length);
    if (length >= smallestLength) this.#owned.set(made.buffer, { escaped: false });
    return made;
  }

  /** Gives an array back. Ignored unless it was taken from here, is whole, and has not escaped. */
  give(values: unknown): void {
    if (!(values instanceof Float32Array)) return;
    const mark = this.#owned.get(values.buffer);
    if (mark === undefined || mark.escaped || values.byteLength !== values.buffer.byteLength) return;
    if (values.byteLength > this.capacity) return;
    const list = this.#free.get(values.length) ?? [];
    list.push(values);
    this.#free.delete(values.length); // set again, so that it counts as used most recently
    this.#free.set(values.length, list);
    this.#bytes += values.byteLength;
    this.#shrink();
  }

  /** Somebody outside may hold this array from now on. */
  escape(values: unknown): void {
    if (!ArrayBuffer.isView(values)) return;
    const mark = this.#owned.get(values.buffer);
    if (mark !== undefined) mark.escaped = true;
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }

  #shrink(): void {
    for (const [length, list] of this.#free) {
      if (this.#bytes <= this.capacity) return;
      while (this.#bytes > this.capacity && list.length > 0) this.#bytes -= list.shift()?.byteLength ?? 0;
      if (list.length === 0) this.#free.delete(length);
    }
  }
}
