// An output before and after a save, for the tests of writing folders.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const never = { call: 0, code: "" };
export const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Writes the test's files: two, one of them in a subfolder. */
export async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, "config.json"), "{}");
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "sub", "weights"), "new");
}
export const filled = { "out/config.json": "{}", "out/sub/weights": "new" };

export async function makeOld(folder: string): Promise<void> {
  await mkdir(join(folder, "out"));
  await writeFile(join(folder, "out", "weights"), "old");
}
export const old = { "out/weights": "old" };
