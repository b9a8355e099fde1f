// Checks a folder of adapters at intervals. Each folder in it with an adapter_config.json is an adapter, under the folder's name.
// File system events are not used, because they miss changes on network disks.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { escapeControls, printable } from "@lowrank/contracts/internal";

/** Receives the adapters. */
export interface Registry {
  put(id: string, folder: string): Promise<void>;
  /** Whether there was such an adapter. */
  remove(id: string): boolean;
}

export interface WatchOptions {
  readonly folder: string;
  /** Receives a line for each adapter that was added, changed or removed, or could not be read. */
  readonly onNote: (line: string) => void;
}

export class WatchedFolder {
  /** For each name: the sizes and times of its files when they were read. */
  readonly #seen = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly options: WatchOptions,
  ) {}

  /**
   * Reads new and changed adapters, and removes missing ones, as of the time of the call. A call during a running check waits for it,
   * because that check may have missed a change; all such calls then share one new check.
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
      this.#seen.set(name, signature); // an unreadable adapter is tried again when it changes
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

/** Undefined for a folder without a complete adapter. */
async function signatureOf(folder: string): Promise<string | undefined> {
  try {
    const files = ["adapter_config.json", "adapter_model.safetensors"].map((file) => stat(join(folder, file)));
    return (await Promise.all(files)).map(({ size, mtimeMs }) => `${size}@${mtimeMs}`).join(" ");
  } catch {
    return undefined;
  }
}
