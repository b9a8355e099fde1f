// Where the time of a computation goes: every kernel of the engine in use is wrapped in a clock. The time of a kernel that
// runs others counts once, at the outermost.

import * as tf from "@tensorflow/tfjs-core";

interface KernelTime {
  /** TensorFlow.js's name, for products with the shapes of the factors. */
  readonly kernel: string;
  milliseconds: number;
  calls: number;
}

export interface KernelClock {
  /** Forgets what was measured. */
  clear(): void;
  /** The longest first. */
  times(): readonly KernelTime[];
}

/** Wraps the kernels of the current backend for the rest of the process. */
export function timeKernels(): KernelClock {
  const found = new Map<string, KernelTime>();
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
          add(found, describe(kernelName, call.inputs), performance.now() - start);
        }
      },
    });
  }
  return {
    clear: () => found.clear(),
    times: () => [...found.values()].sort((one, other) => other.milliseconds - one.milliseconds),
  };
}

function add(found: Map<string, KernelTime>, kernel: string, milliseconds: number): void {
  const time = found.get(kernel) ?? { kernel, milliseconds: 0, calls: 0 };
  time.milliseconds += milliseconds;
  time.calls += 1;
  found.set(kernel, time);
}

const products = new Set(["BatchMatMul", "_FusedMatMul", "LowrankLinear"]);

function describe(kernelName: string, inputs: tf.NamedTensorInfoMap): string {
  if (!products.has(kernelName)) return kernelName;
  const shapes = Object.values(inputs).map((input) => input?.shape.join("×"));
  return `${kernelName} ${shapes.join(" · ")}`;
}
