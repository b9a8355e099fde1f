// How much a decoder may take. Both bounds grow with the bytes that it was given: a small file that takes much is a bomb.

/** Milliseconds of a processor for any file, and for each byte: many times what honest files take. */
const time = { any: 1200, each: 0.005 };
/** What the process may grow by for any file, and for each byte. */
const memory = { any: 2 ** 28, each: 200 };
/** A busy machine gives a thread a part of its time: that of the processor counts, the clock's only far later. */
const patience = 10;
/** Between two looks this process may have been busy itself: such time, and what it then took, is not the decoder's. */
const longestLook = 250;

/** What a decoder takes, watched from outside: nothing in a busy thread can be asked. */
export class Allowance {
  #given = 0;
  #last = look();
  #spent = { processor: 0, clock: 0, bytes: 0 };

  /** Tells of bytes that the decoder was given. */
  give(bytes: number): void {
    this.#given += bytes;
  }

  /** What there is too much of, to be called every few milliseconds; undefined while all is well. */
  excess(): string | undefined {
    const [now, last] = [look(), this.#last];
    this.#last = now;
    const clock = Math.min(now.clock - last.clock, longestLook);
    this.#spent.clock += clock;
    this.#spent.processor += Math.min(now.processor - last.processor, clock);
    if (clock < longestLook) this.#spent.bytes += now.bytes - last.bytes;
    const milliseconds = Math.round(time.any + time.each * this.#given);
    const bytes = memory.any + memory.each * this.#given;
    if (this.#spent.bytes > bytes) return `it takes more than ${Math.round(bytes / 1e6)} MB to unpack`;
    const isLate = this.#spent.processor > milliseconds || this.#spent.clock > patience * milliseconds;
    return isLate ? `it takes longer than ${milliseconds} ms to unpack` : undefined;
  }
}

function look(): { readonly clock: number; readonly processor: number; readonly bytes: number } {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now(), processor: (user + system) / 1000, bytes: process.memoryUsage.rss() };
}
