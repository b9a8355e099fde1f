// A download, as a click on a link would start it.

import type { TakeHomeFile } from "../../protocol/take-home.ts";

/** Long enough for a browser to have begun. */
const keptMilliseconds = 60_000;

export function saveBlob({ name, blob }: TakeHomeFile): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), keptMilliseconds);
}
