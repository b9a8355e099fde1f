// Tests of products in 8 bits, which processors without such instructions do not make: there a test says why it is skipped.

import type { TestContext } from "vitest";
import { int8Problem } from "../src/packed/int8-weights.ts";

/** Ends the test, with the reason printed, where the engine in use multiplies weights in 8 bits in float32. */
export function needInt8Products({ skip, task }: Pick<TestContext, "skip" | "task">): void {
  const reason = int8Problem();
  if (reason === undefined) return;
  process.stderr.write(`skipped "${task.name}": ${reason}\n`);
  skip(reason);
}
