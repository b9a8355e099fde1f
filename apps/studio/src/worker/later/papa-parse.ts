// Papa Parse, for visitors who open a table: the build replaces "papaparse" by this file (loaded-later.ts), and a caller
// that reads a table awaits `loadPapaParse` first.

import type PapaParse from "papaparse";

let Papa: typeof PapaParse;

export { Papa as default };

export async function loadPapaParse(): Promise<void> {
  Papa = (await import("papaparse")).default;
}
