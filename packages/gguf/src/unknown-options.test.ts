// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { openGguf } from "./open.ts";

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["openGguf", "max_header_bytes", "maxHeaderBytes", (options) => openGguf(undefined as never, options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
