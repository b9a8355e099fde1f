// The shelf: the saved adapters, the chosen one, and the actions on them.

import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ShelfEntry } from "../protocol/shelf.ts";
import { type Ask, type Failure, failureOf } from "../worker-client.ts";

/** The parts of the page that the shelf needs. */
export interface ShelfContext {
  readonly ask: Ask;
  /** The name of the open model. */
  readonly model: ReadonlySignal<string | undefined>;
  readonly chosen: Signal<{ readonly id: string; readonly name: string } | undefined>;
}

/** A failure, for the page to explain next to the field. */
export interface ShelfFailure extends Failure {
  readonly at: "shelf" | "add" | "mix";
}

export class ShelfState {
  /** The newest first. */
  readonly entries = signal<readonly ShelfEntry[]>([]);
  /** The last deleted adapter, for `undo`. */
  readonly removed = signal<ShelfEntry | undefined>(undefined);
  readonly busy = signal<"add" | "mix" | undefined>(undefined);
  readonly failure = signal<ShelfFailure | undefined>(undefined);
  /** The chosen adapter with all that is known of it. */
  readonly chosenEntry: ReadonlySignal<ShelfEntry | undefined>;
  /** The adapters of the open model: only these can be used now. */
  readonly usable: ReadonlySignal<readonly ShelfEntry[]>;
  readonly #context: ShelfContext;

  constructor(context: ShelfContext) {
    this.#context = context;
    this.chosenEntry = computed(() => this.entries.value.find(({ id }) => id === context.chosen.value?.id));
    this.usable = computed(() => this.entries.value.filter(({ model }) => model === context.model.value));
    effect(() => {
      // What was trained just now is on the shelf already, and not yet on the page.
      if (context.chosen.value !== undefined && this.chosenEntry.value === undefined) void this.refresh();
    });
    effect(() => {
      const { value: entry } = this.chosenEntry;
      if (context.model.value === undefined) return;
      if (entry !== undefined ? entry.model === context.model.value : context.chosen.value !== undefined) return;
      this.choose(this.usable.value[0]);
    });
  }

  /** Loads the list of saved adapters. */
  async refresh(): Promise<void> {
    await this.#try("shelf", async () => {
      const entries = await this.#context.ask("shelf", undefined);
      const { value: chosen } = this.#context.chosen;
      batch(() => {
        this.entries.value = entries;
        if (chosen !== undefined && !entries.some(({ id }) => id === chosen.id)) this.#context.chosen.value = undefined;
      });
    });
  }

  choose(entry: ShelfEntry | undefined): void {
    this.#context.chosen.value = entry && { id: entry.id, name: entry.name };
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#try("shelf", async () => {
      const renamed = await this.#context.ask("rename", { id, name });
      this.entries.value = this.entries.value.map((entry) => (entry.id === id ? renamed : entry));
      if (this.#context.chosen.value?.id === id) this.choose(renamed);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#try("shelf", async () => {
      await this.#context.ask("remove", { id });
      batch(() => {
        this.removed.value = this.entries.value.find((entry) => entry.id === id);
        this.entries.value = this.entries.value.filter((entry) => entry.id !== id);
        if (this.#context.chosen.value?.id === id) this.choose(this.usable.value[0]);
      });
    });
  }

  async undo(): Promise<void> {
    const { value: removed } = this.removed;
    if (removed === undefined) return;
    await this.#try("shelf", async () => {
      this.#put(await this.#context.ask("restore", { id: removed.id }));
      this.removed.value = undefined;
    });
  }

  /** Adds an adapter from files or from a repository of the Hub. Returns whether it is on the shelf now. */
  add(from: { readonly files: readonly File[] } | { readonly repository: string }): Promise<boolean> {
    return this.#try("add", async () => this.#choosePut(await this.#context.ask("addAdapter", from)));
  }

  /** Sums two: `share` of the second, the rest of the first. */
  mix(first: string, second: string, { share, name }: { readonly share: number; readonly name: string }) {
    const parts = [
      { id: first, weight: 1 - share },
      { id: second, weight: share },
    ];
    return this.#try("mix", async () => this.#choosePut(await this.#context.ask("mix", { name, parts })));
  }

  #choosePut(entry: ShelfEntry): void {
    batch(() => {
      this.#put(entry);
      this.choose(entry);
    });
  }

  #put(entry: ShelfEntry): void {
    const others = this.entries.value.filter(({ id }) => id !== entry.id);
    this.entries.value = [...others, entry].sort((one, other) => other.made - one.made);
  }

  async #try(at: ShelfFailure["at"], work: () => Promise<void>): Promise<boolean> {
    batch(() => {
      this.failure.value = undefined;
      if (at !== "shelf") this.busy.value = at;
    });
    try {
      await work();
      return true;
    } catch (error) {
      this.failure.value = { at, ...failureOf(error) };
      return false;
    } finally {
      if (at !== "shelf") this.busy.value = undefined;
    }
  }
}
