// A frozen matrix that several sites compute with: repeated layers share their weights, and whoever goes last frees it.

import type { FrozenWeight } from "../../frozen-weight.ts";

export class SharedWeight {
  #users = 1;

  /** Takes ownership. */
  constructor(readonly weight: FrozenWeight) {}

  /** One user more, who will call `release`, too. */
  retain(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.weight.dispose();
  }
}
