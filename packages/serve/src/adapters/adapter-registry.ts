// The names that clients may use: the base model's and its adapters'. An adapter can be replaced while it is in use; it is freed after
// its last text is written.

import { listed } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import { RequestError } from "../errors.ts";
import type { ServedAdapter, ServedModel } from "../served-model.ts";

interface Entry<Adapter> {
  readonly adapter: Adapter | null;
  /** Seconds since 1970. */
  readonly since: number;
  users: number;
  isRetired: boolean;
}

/** The use of a model by one request. */
export interface Lease<Adapter> {
  /** Null for the base model. */
  readonly adapter: Adapter | null;
  release(): void;
}

export class AdapterRegistry<Adapter extends ServedAdapter> {
  readonly #entries = new Map<string, Entry<Adapter>>();
  /** Adapters that the model had from the beginning. Adapters in the folder cannot have their names. */
  readonly #fixedNames: ReadonlySet<string>;
  #attachCount = 0;

  constructor(
    private readonly model: ServedModel<Adapter>,
    readonly baseName: string,
    private readonly now: () => number,
  ) {
    this.#entries.set(baseName, this.#entry(null));
    for (const adapter of model.adapters) this.#entries.set(adapter.name, this.#entry(adapter));
    this.#fixedNames = new Set(model.adapters.map(({ name }) => name));
  }

  /** All names, the base model's first, with the time when each was added. */
  get names(): readonly { readonly id: string; readonly since: number }[] {
    return [...this.#entries].map(([id, { since }]) => ({ id, since }));
  }

  /** Throws RequestError for an unknown name. */
  take(id: string): Lease<Adapter> {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      const message = `There is no model "${printable(id)}". Use one of ${listed([...this.#entries.keys()])}.`;
      throw new RequestError(404, "MODEL_NOT_FOUND", message, "model");
    }
    entry.users += 1;
    let isTaken = true;
    const release = () => {
      if (!isTaken) return;
      isTaken = false;
      entry.users -= 1;
      this.#free(entry);
    };
    return { adapter: entry.adapter, release };
  }

  /** Attaches the adapter of a folder under a name, and replaces an earlier one. */
  async put(id: string, folder: string): Promise<void> {
    if (id === this.baseName || this.#fixedNames.has(id)) {
      const whose = id === this.baseName ? "the base" : "an adapter that was given by name";
      throw new RequestError(400, "NAME_TAKEN", `${whose} already has this name. Rename the folder.`);
    }
    this.#attachCount += 1;
    const adapter = await this.model.attach(folder, { name: `${id}@${this.#attachCount}` });
    this.remove(id);
    this.#entries.set(id, this.#entry(adapter));
  }

  /** Removes an adapter that `put` added; false if there was none. */
  remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.adapter === null || this.#fixedNames.has(id)) return false;
    this.#entries.delete(id);
    entry.isRetired = true;
    this.#free(entry);
    return true;
  }

  #entry(adapter: Adapter | null): Entry<Adapter> {
    return { adapter, since: Math.floor(this.now() / 1000), users: 0, isRetired: false };
  }

  #free({ adapter, users, isRetired }: Entry<Adapter>): void {
    if (isRetired && users === 0) adapter?.dispose();
  }
}
