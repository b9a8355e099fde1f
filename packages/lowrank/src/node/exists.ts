// Whether anything is at a path.

import { stat } from "node:fs/promises";

/** False as well for what cannot be looked at. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
