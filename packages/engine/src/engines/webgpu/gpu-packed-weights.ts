// Packed matrices in the GPU's memory: each in one buffer, uploaded once.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { PackedMatrix } from "../../packed/packed-matrix.ts";
import type { PackedWeights } from "../../packed/packed-weights.ts";
import { computeAllDeferred } from "./deferred.ts";
import { type PackedLayout, packedLayout } from "./packed-layout.ts";
import { submitPending } from "./run-shader.ts";

/** A packed matrix M on the GPU. */
export interface GpuMatrix extends Pick<PackedLayout, "declarations" | "numbers"> {
  readonly shape: readonly [rows: number, columns: number];
  readonly buffer: GPUBuffer;
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
    const shape = [matrix.rows, matrix.columns] as const;
    this.#matrices.set(weight, { shape, buffer, declarations, numbers });
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
    computeAllDeferred(this.backend); // a dispatch that waits may read it
    submitPending(this.backend);
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
