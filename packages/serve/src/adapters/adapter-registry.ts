// The names that clients may ask for: the base's, and its adapters'. An adapter in use is not freed before its last text is
// written, and may be replaced meanwhile.

import { listed, printable } from "@lowrank/contracts";
import { RequestError } from "../errors.ts";
import type { ServedAdapter, ServedModel } from "../served-model.ts";

interface Entry<Adapter> {
  readonly adapter: Adapter | null;
  /** Seconds since 1970. */
  readonly since: number;
  users: number;
  isRetired: boolean;
}

/** A model's name taken for one request. */
export interface Lease<Adapter> {
  /** Null for the base. */
  readonly adapter: Adapter | null;
  release(): void;
}

export class AdapterRegistry<Adapter extends ServedAdapter> {
  readonly #entries = new Map<string, Entry<Adapter>>();
  /** Adapters that the model had from the beginning: no folder takes their names. */
  readonly #isNamed: ReadonlySet<string>;
  #made = 0;

  constructor(
    private readonly model: ServedModel<Adapter>,
    readonly baseName: string,
    private readonly now: () => number,
  ) {
    this.#entries.set(baseName, this.#entry(null));
    for (const adapter of model.adapters) this.#entries.set(adapter.name, this.#entry(adapter));
    this.#isNamed = new Set(model.adapters.map(({ name }) => name));
  }

  /** All names, the base's first, with the second since which each is there. */
  get names(): readonly { readonly id: string; readonly since: number }[] {
    return [...this.#entries].map(([id, { since }]) => ({ id, since }));
  }

  /** Throws RequestError for a name that there is not. */
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

  /** Attaches what a folder holds under a name, in the place of what had it. */
  async put(id: string, folder: string): Promise<void> {
    if (id === this.baseName || this.#isNamed.has(id)) {
      const whose = id === this.baseName ? "the base" : "an adapter that was given by name";
      throw new RequestError(400, "NAME_TAKEN", `${whose} already has this name. Rename the folder.`);
    }
    this.#made += 1;
    const adapter = await this.model.attach(folder, { name: `${id}@${this.#made}` });
    this.remove(id);
    this.#entries.set(id, this.#entry(adapter));
  }

  /** Takes away what `put` has put; whether there was such. */
  remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.adapter === null || this.#isNamed.has(id)) return false;
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
