// Objects by id: in memory, and each as a file of JSON that is replaced atomically. Ids are made by the server.

import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { RequestError } from "../errors.ts";

export interface StoredObject {
  readonly id: string;
  /** Creation time in milliseconds; no two objects have the same. */
  readonly order: number;
}

export class ObjectStore<Kind extends StoredObject> {
  readonly #objects = new Map<string, Kind>();
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly folder: string,
    private readonly prefix: string,
  ) {}

  /** Reads a folder, which is created if it is missing. */
  static async open<Kind extends StoredObject>(folder: string, prefix: string): Promise<ObjectStore<Kind>> {
    await mkdir(folder, { recursive: true });
    const store = new ObjectStore<Kind>(folder, prefix);
    const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name.endsWith(".json"));
    // This class wrote them, atomically.
    const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as Kind;
    const found = await Promise.all(names.map(read));
    for (const object of found.sort((one, other) => one.order - other.order)) store.#objects.set(object.id, object);
    return store;
  }

  /** The oldest first. */
  get all(): readonly Kind[] {
    return [...this.#objects.values()];
  }

  /** Throws RequestError for an unknown id. */
  get(id: string): Kind {
    const found = this.#objects.get(id);
    if (found !== undefined) return found;
    throw new RequestError(
      404,
      "NOT_FOUND",
      `There is no object "${id.slice(0, 100)}". List the objects to see their ids.`,
    );
  }

  newKey(): StoredObject & { readonly created_at: number } {
    const order = Math.max(Date.now(), (this.all.at(-1)?.order ?? 0) + 1);
    return { id: `${this.prefix}${randomBytes(12).toString("hex")}`, order, created_at: Math.floor(order / 1000) };
  }

  /** The path of a file or folder of an object. */
  path(id: string, suffix: string): string {
    return join(this.folder, `${id}${suffix}`);
  }

  /** Saves an object; one that cannot be written stays as it was. Throws the errors of `writeFileAtomic`. */
  async put(object: Kind): Promise<Kind> {
    const { id } = object;
    const before = this.#objects.get(id);
    this.#objects.set(id, object);
    const written = this.#writing.then(() =>
      writeFileAtomic(this.path(id, ".json"), JSON.stringify(object), { overwrite: true }),
    );
    this.#writing = written.catch(() => undefined);
    try {
      await written;
    } catch (error) {
      if (before === undefined) this.#objects.delete(id);
      else if (this.#objects.get(id) === object) this.#objects.set(id, before);
      throw error;
    }
    return object;
  }

  async remove(id: string, suffixes: readonly string[] = []): Promise<void> {
    for (const suffix of [".json", ...suffixes]) await rm(this.path(id, suffix), { force: true });
    this.#objects.delete(id);
  }
}
