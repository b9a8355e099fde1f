// Packed matrices in the GPU's memory: each in one buffer, uploaded once.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { PackedMatrix } from "../../packed/packed-matrix.ts";
import type { PackedWeights } from "../../packed/packed-weights.ts";
import { type PackedLayout, packedLayout } from "./packed-layout.ts";
import { submitPending } from "./run-shader.ts";

/** A matrix M [rows, columns] on the GPU. */
export interface GpuMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly buffer: GPUBuffer;
  readonly layout: Pick<PackedLayout, "declarations" | "numbers">;
}

export class GpuPackedWeights implements PackedWeights {
  readonly engine = "webgpu";
  readonly #matrices = new Map<number, GpuMatrix>();
  #nextId = 0;

  constructor(private readonly backend: WebGPUBackend) {}

  add(matrix: PackedMatrix): number | undefined {
    const { declarations, numbers, arrays, size } = packedLayout(matrix);
    const { device } = this.backend;
    if (size > Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize)) return undefined;
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE, mappedAtCreation: true });
    const bytes = new Uint8Array(buffer.getMappedRange());
    for (const { at, array } of arrays) bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    buffer.unmap();
    const weight = this.#nextId++;
    const { rows, columns } = matrix;
    this.#matrices.set(weight, { rows, columns, buffer, layout: { declarations, numbers } });
    return weight;
  }

  /** Throws for a matrix that was freed. */
  find(weight: number): GpuMatrix {
    const matrix = this.#matrices.get(weight);
    if (matrix === undefined) throw new Error("A matrix was used after it was freed.");
    return matrix;
  }

  remove(weight: number): void {
    const matrix = this.#matrices.get(weight);
    if (matrix === undefined) return;
    this.#matrices.delete(weight);
    submitPending(this.backend); // a dispatch that waits may read it
    matrix.buffer.destroy();
  }
}

const weightsByBackend = new WeakMap<WebGPUBackend, GpuPackedWeights>();

/** The packed weights of a backend. */
export function packedWeightsOf(backend: WebGPUBackend): GpuPackedWeights {
  const weights = weightsByBackend.get(backend) ?? new GpuPackedWeights(backend);
  weightsByBackend.set(backend, weights);
  return weights;
}

/** Lets `currentPackedWeights` find them on every backend of this class, also on one that is made later. */
export function offerPackedWeights({ prototype }: { readonly prototype: WebGPUBackend }): void {
  if ("packedWeights" in prototype) return;
  Object.defineProperty(prototype, "packedWeights", {
    get(this: WebGPUBackend) {
      return packedWeightsOf(this);
    },
  });
}
