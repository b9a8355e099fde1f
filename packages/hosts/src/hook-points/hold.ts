// A foreign model is taken hold of while at least one door of it is open, and let go with the last.

import type { Detach } from "@lowrank/contracts";

export class Hold {
  #doors = 0;
  #release: Detach | undefined;

  /** @param take changes the model and returns what undoes it */
  constructor(private readonly take: () => Detach) {}

  get isHeld(): boolean {
    return this.#doors > 0;
  }

  /** Opens a door: the first takes hold of the model. The result closes it again, once. */
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
