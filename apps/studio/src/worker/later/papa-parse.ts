// Papa Parse, for those who bring a table: the build puts this in the place of "papaparse" (loaded-later.ts), and whoever reads
// one waits for `loadPapaParse` before.

import type PapaParse from "papaparse";

let Papa: typeof PapaParse;

export { Papa as default };

export async function loadPapaParse(): Promise<void> {
  Papa = (await import("papaparse")).default;
}
