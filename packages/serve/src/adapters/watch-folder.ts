// A folder of adapters, looked at now and then: each folder in it with an adapter_config.json is one, under the folder's name.
// Watching by the system's events would miss files on network disks.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { escapeControls, LowrankError, printable } from "@lowrank/contracts";

/** Where adapters are put. */
export interface Registry {
  put(id: string, folder: string): Promise<void>;
  /** Whether there was one that was put. */
  remove(id: string): boolean;
}

export interface WatchOptions {
  readonly folder: string;
  /** Hears of each adapter that came, changed, went or could not be read. */
  readonly onNote: (line: string) => void;
}

export class WatchedFolder {
  /** Of each name what its files were when they were read, in sizes and times. */
  readonly #seen = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly options: WatchOptions,
  ) {}

  /**
   * Reads what is new or changed, and removes what is gone: all that was in the folder when it was called. So calls while one
   * runs, which may have passed what changed, wait for it and share the one after it.
   */
  look(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#looking === undefined) return this.#begin();
    this.#next = this.#looking.catch(() => {}).then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { folder, onNote } = this.options;
    const found = await adaptersIn(folder);
    for (const name of [...this.#seen.keys()].filter((name) => !found.has(name))) {
      this.#seen.delete(name);
      if (this.registry.remove(name)) onNote(`adapter "${printable(name)}" is gone`);
    }
    for (const [name, signature] of found) {
      if (this.#seen.get(name) === signature) continue;
      this.#seen.set(name, signature); // what cannot be read is tried again once it has changed
      try {
        await this.registry.put(name, join(folder, name));
        onNote(`adapter "${printable(name)}" is served`);
      } catch (error) {
        const reason = LowrankError.isInstance(error) ? error.message : escapeControls(String(error));
        onNote(`adapter "${printable(name)}" is not served: ${reason}`);
      }
    }
  }
}

async function adaptersIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink())) {
    const signature = await signatureOf(join(folder, name));
    if (signature !== undefined) found.set(name, signature);
  }
  return found;
}

/** Undefined for what is no adapter, or not whole yet. */
async function signatureOf(folder: string): Promise<string | undefined> {
  try {
    const files = ["adapter_config.json", "adapter_model.safetensors"].map((file) => stat(join(folder, file)));
    return (await Promise.all(files)).map(({ size, mtimeMs }) => `${size}@${mtimeMs}`).join(" ");
  } catch {
    return undefined;
  }
}
