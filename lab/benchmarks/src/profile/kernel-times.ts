// How a computation's time is spent: every kernel is timed. A kernel that runs others counts once, at the outermost.

import type * as Tf from "@tensorflow/tfjs-core";
import type { OperationTime } from "./operation-time.ts";

interface KernelClock {
  times(): readonly OperationTime[];
}

/** Wraps the kernels of the current backend for the rest of the process. */
export function timeKernels(tf: typeof Tf): KernelClock {
  const found = new Map<string, OperationTime>();
  let depth = 0;
  for (const { kernelName, backendName, kernelFunc } of tf.getKernelsForBackend(tf.getBackend())) {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (call) => {
        if (depth > 0) return kernelFunc(call);
        depth += 1;
        const start = performance.now();
        try {
          return kernelFunc(call);
        } finally {
          depth -= 1;
          add(found, kernelName, call.inputs, performance.now() - start);
        }
      },
    });
  }
  return { times: () => [...found.values()] };
}

function add(found: Map<string, OperationTime>, operation: string, inputs: Tf.NamedTensorInfoMap, spent: number): void {
  const shapes = Object.values(inputs).map((input) => input?.shape ?? []);
  const key = `${operation} ${shapes.map((shape) => shape.join("×")).join(" · ")}`;
  const { milliseconds, calls } = found.get(key) ?? { milliseconds: 0, calls: 0 };
  found.set(key, { operation, shapes, milliseconds: milliseconds + spent, calls: calls + 1 });
}
