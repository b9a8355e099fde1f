// The forward passes of all families but Llama, in place of the table of `models`: see families.ts, which loads them.

import type * as Whole from "../../../../../packages/models/src/architectures/architectures.ts";
import { llama } from "../../../../../packages/models/src/architectures/decoders/like-llama.ts";
import { decoderHeads } from "../../../../../packages/models/src/heads/families/decoder-heads.ts";

export let architectureFor: typeof Whole.architectureFor = () => ({ backbone: llama, head: decoderHeads });

export async function loadArchitectures(): Promise<void> {
  ({ architectureFor } = await import("../../../../../packages/models/src/architectures/architectures.ts"));
}
