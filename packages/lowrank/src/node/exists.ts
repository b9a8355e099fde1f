// Whether a path exists.

import { stat } from "node:fs/promises";

/** Also false for paths that cannot be accessed. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
