// Changes a host model while at least one hook point is in use, and restores it with the last one.

import type { Detach } from "@lowrank/contracts/internal";

export class SharedPatch {
  #users = 0;
  #release: Detach | undefined;

  /** @param take changes the model and returns what undoes it */
  constructor(private readonly take: () => Detach) {}

  get isHeld(): boolean {
    return this.#users > 0;
  }

  /** Counts a hook point in use; the first one changes the model. The result ends the use, once, and calls `close`. */
  acquire(close: Detach): Detach {
    if (this.#users === 0) this.#release = this.take();
    this.#users += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      close();
      this.#users -= 1;
      if (this.#users > 0) return;
      this.#release?.();
      this.#release = undefined;
    };
  }
}
