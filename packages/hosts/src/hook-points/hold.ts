// Changes a host model while at least one hook point is in use, and restores it with the last one.

import type { Detach } from "@lowrank/contracts";

export class Hold {
  #doors = 0;
  #release: Detach | undefined;

  /** @param take changes the model and returns what undoes it */
  constructor(private readonly take: () => Detach) {}

  get isHeld(): boolean {
    return this.#doors > 0;
  }

  /** Counts a hook point in use; the first one changes the model. The result ends the use, once. */
  enter(close: Detach): Detach {
    if (this.#doors === 0) this.#release = this.take();
    this.#doors += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      close();
      this.#doors -= 1;
      if (this.#doors > 0) return;
      this.#release?.();
      this.#release = undefined;
    };
  }
}
