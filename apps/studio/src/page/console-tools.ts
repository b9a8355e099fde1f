// For tests and the curious: what can be asked from the browser's console.

import type { StudioWorker } from "./studio-worker.ts";

/** `await studio.logits([1, 2, 3])` gives what this tab computes, `await studio.memory()` what it holds. */
export function consoleTools(worker: StudioWorker) {
  return {
    async logits(inputIds: readonly number[]): Promise<Float32Array | undefined> {
      const report = await worker.question({ type: "logits", inputIds });
      return report.type === "logits" ? report.values : undefined;
    },
    async memory(): Promise<{ readonly tensors: number; readonly bytes: number } | undefined> {
      const report = await worker.question({ type: "memory" });
      return report.type === "memory" ? { tensors: report.tensors, bytes: report.bytes } : undefined;
    },
  };
}
