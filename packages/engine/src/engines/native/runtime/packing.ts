// Matrices in the order in which products read them, shared by all sessions that have one as a constant: one copy in memory.

import type { Address } from "./koffi.ts";

/** Lives as long as one of the sessions that were made with it. */
export class Packing {
  #users = 0;
  #isReleased = false;

  constructor(
    readonly address: Address,
    private readonly free: (address: Address) => void,
  ) {}

  get isReleased(): boolean {
    return this.#isReleased;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#isReleased = true;
    this.free(this.address);
  }
}
