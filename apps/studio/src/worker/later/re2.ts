// RE2, which runs the patterns of strangers' adapters, for the one visitor in many who brings such: the build puts this in the
// place of "re2js" (loaded-later.ts), and whoever reads an adapter waits for `loadRe2` before.

import type * as Re2 from "re2js";

export let RE2JS: typeof Re2.RE2JS;
export let RE2JSException: typeof Re2.RE2JSException;

export async function loadRe2(): Promise<void> {
  ({ RE2JS, RE2JSException } = await import("re2js"));
}
