// Pictures of the chosen adapter's updates, and a comparison with another adapter.

import { batch, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { AdapterPicture, Similarity, SingularValues } from "../protocol/picture.ts";
import { type Ask, failureOf } from "../worker-client.ts";

export class LookState {
  readonly picture = signal<AdapterPicture | undefined>(undefined);
  /** The singular values of the layer that was picked in the picture. */
  readonly singular = signal<SingularValues | undefined>(undefined);
  readonly similarity = signal<Similarity | undefined>(undefined);
  readonly busy = signal(false);
  readonly failure = signal<string | undefined>(undefined);
  readonly #ask: Ask;

  constructor(ask: Ask, chosen: ReadonlySignal<{ readonly id: string } | undefined>) {
    this.#ask = ask;
    effect(() => {
      const id = chosen.value?.id;
      if (id === this.picture.peek()?.id && id !== undefined) return;
      batch(() => {
        this.picture.value = undefined;
        this.singular.value = undefined;
        this.similarity.value = undefined;
        this.failure.value = undefined;
      });
    });
  }

  /** Looks at every layer, and at the directions of the one that changed most. */
  async look(id: string): Promise<void> {
    await this.#try(async () => {
      const picture = await this.#ask("picture", { id });
      this.picture.value = picture;
      const [max] = [...picture.cells].sort((one, other) => other.change - one.change);
      if (max !== undefined) this.singular.value = await this.#ask("singularValues", { id, site: max.site });
    });
  }

  async pick(id: string, site: string): Promise<void> {
    await this.#try(async () => {
      this.singular.value = await this.#ask("singularValues", { id, site });
    });
  }

  async compare(first: string, second: string): Promise<void> {
    await this.#try(async () => {
      this.similarity.value = await this.#ask("similarity", { first, second });
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    batch(() => {
      this.busy.value = true;
      this.failure.value = undefined;
    });
    try {
      await work();
    } catch (error) {
      this.failure.value = failureOf(error).message;
    } finally {
      this.busy.value = false;
    }
  }
}
