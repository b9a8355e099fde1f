// RE2, which runs regular expressions of unknown adapters safely; few visitors need it. The build replaces "re2js" by this
// file (loaded-later.ts), and a caller that reads an adapter awaits `loadRe2` first.

import type * as Re2 from "re2js";

export let RE2JS: typeof Re2.RE2JS;
export let RE2JSException: typeof Re2.RE2JSException;

export async function loadRe2(): Promise<void> {
  ({ RE2JS, RE2JSException } = await import("re2js"));
}
