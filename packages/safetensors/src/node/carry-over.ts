// What of an old folder lives on in the one that replaces it: under a second name first, so that no kill can lose it, and
// what cannot have one is moved once the new folder is in place.

import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";
import { renamePatiently } from "./rename-patiently.ts";

/** Two folders, and which entries of the old one the new one shall have, if it has none of that name. */
export interface CarryOver {
  readonly from: string;
  readonly to: string;
  readonly keep: (name: string) => boolean;
}

/** Links – or copies – files and folders of theirs; what fails is left to `moveRest`. `sync` is called for what is new. */
export async function carryOver(
  plan: CarryOver,
  fileSystem: FileSystem,
  sync: (path: string) => Promise<void>,
): Promise<void> {
  for (const name of await missing(plan, fileSystem).catch(() => [])) {
    const to = join(plan.to, name);
    try {
      await duplicate(join(plan.from, name), to, fileSystem);
      await sync(to);
    } catch {
      await fileSystem.remove(to).catch(() => undefined); // half of a folder would keep the rest from being moved
    }
  }
}

/** Moves what could not be carried over or came late. Both folders must be in place; throws where the system fails. */
export async function moveRest(plan: CarryOver, fileSystem: FileSystem): Promise<void> {
  for (const name of await missing(plan, fileSystem)) {
    await renamePatiently(fileSystem, join(plan.from, name), join(plan.to, name));
  }
}

async function missing({ from, to, keep }: CarryOver, fileSystem: FileSystem): Promise<readonly string[]> {
  const names = (await fileSystem.list(from)).filter(keep);
  if (names.length === 0) return [];
  const there = new Set(await fileSystem.list(to));
  return names.filter((name) => !there.has(name));
}

async function duplicate(from: string, to: string, fileSystem: FileSystem): Promise<void> {
  const entry = await fileSystem.entry(from);
  if (entry?.kind === "folder") {
    await fileSystem.makeFolder(to);
    for (const name of await fileSystem.list(from)) await duplicate(join(from, name), join(to, name), fileSystem);
    await fileSystem.copyMode?.(from, to);
    return;
  }
  // Reading a pipe would wait for ever, and a link may lead anywhere.
  if (entry?.kind !== "file") throw new Error(`"${from}" is neither file nor folder.`);
  // Not every file system has links: memory cards and some network folders do not.
  await fileSystem.link(from, to).catch(() => fileSystem.copy(from, to));
}
