// Plain JavaScript.

import type { StartOutcome } from "../start-outcome.ts";

export async function startCpu(): Promise<StartOutcome> {
  await import("@tensorflow/tfjs-backend-cpu");
  return { backend: "cpu" };
}
