// Dispatches that wait until a tensor of theirs is read. The reader may compute that tensor together with its own result: a norm's
// output with the products that read it, a product's output with the sum that it is part of.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { synchronousReadError } from "../../errors.ts";

/** How the entries of a result [rows, inFeatures] are made: by what reads them, 16 rows in a workgroup of 256. */
export interface RowSource {
  readonly key: string;
  readonly inFeatures: number;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly floats: Readonly<Record<string, number>>;
  /** The name of the other output, a number for each row. */
  readonly column?: string;
  /**
   * Functions: `prepareRows(firstRow, lane, stores)`, which all lanes call first, and `sourceEntry(row, inner)`. They may read the
   * numbers `rows` and `inFeatures`. With `stores`, the other output is written.
   */
  text(stores: boolean): string;
}

/** A dispatch that waits. */
export interface Deferred {
  readonly inputs: readonly tf.TensorInfo[];
  /** The first is the result; the others live as long as the dispatch waits. */
  readonly outputs: readonly [tf.TensorInfo, ...tf.TensorInfo[]];
  /** Records the dispatch, which writes the outputs. */
  run(): void;
  /** How other shaders compute entries of the result. */
  readonly source?: RowSource;
  /** Records another dispatch: a new tensor, the result plus a term of its size. */
  plus?(term: tf.TensorInfo): tf.TensorInfo;
}

const waiting = new WeakMap<object, Deferred>();
const waitingIn = new WeakMap<WebGPUBackend, Set<Deferred>>();
const changed = new WeakSet<WebGPUBackend>();

/** Lets a dispatch wait. Its inputs are kept until it is recorded or its result is disposed of. */
export function defer(backend: WebGPUBackend, deferred: Deferred): void {
  const [result, ...others] = deferred.outputs;
  waitingIn.set(backend, (waitingIn.get(backend) ?? new Set()).add(deferred));
  for (const { dataId } of [...deferred.inputs, ...others]) backend.incRef(dataId);
  for (const { dataId } of [result, ...others]) {
    backend.uploadToGPU(dataId); // its buffer tells TensorFlow.js that its values are on the GPU
    waiting.set(dataId, deferred);
  }
}

/** The dispatch that a tensor waits for. */
export function deferredFor({ dataId }: tf.TensorInfo): Deferred | undefined {
  return waiting.get(dataId);
}

/** Records the dispatch that a tensor waits for, if there is one. */
export function computeDeferred(backend: WebGPUBackend, dataId: tf.DataId): void {
  const deferred = waiting.get(dataId);
  if (deferred !== undefined) computeWith(backend, deferred, () => deferred.run());
}

/** Records all dispatches of a backend that wait: one may read a buffer that is no tensor's, and so is not kept for it. */
export function computeAllDeferred(backend: WebGPUBackend): void {
  for (const deferred of waitingIn.get(backend) ?? []) computeWith(backend, deferred, () => deferred.run());
}

/** Ends the waiting: `compute` records a dispatch that writes the outputs, or nothing if nobody can read them. */
export function computeWith<Result>(backend: WebGPUBackend, deferred: Deferred, compute: () => Result): Result {
  const { inputs, outputs } = deferred;
  waitingIn.get(backend)?.delete(deferred);
  for (const { dataId } of outputs) waiting.delete(dataId);
  const result = compute();
  for (const { dataId } of [...inputs, ...outputs.slice(1)])
    if (backend.disposeData(dataId)) tf.engine().removeDataId(dataId, backend);
  return result;
}

/** Whether nobody but the waiting dispatch has its outputs but the first. */
export function isAlone(backend: WebGPUBackend, { outputs: [, ...others] }: Deferred): boolean {
  return others.every(({ dataId }) => backend.tensorMap.get(dataId).refCount === 1);
}

/** Changes the backend's class, of tfjs-backend-webgpu 4.22, so that no reader finds a tensor waiting. Calling it twice does nothing more. */
export function computeBeforeReading(prototype: WebGPUBackend): void {
  if (changed.has(prototype)) return;
  changed.add(prototype);
  const { uploadToGPU, read, readSync, readToGPU, disposeData } = prototype;
  prototype.uploadToGPU = function (dataId) {
    computeDeferred(this, dataId);
    uploadToGPU.call(this, dataId);
  };
  prototype.read = function (dataId) {
    computeDeferred(this, dataId as tf.DataId);
    return read.call(this, dataId);
  };
  prototype.readSync = function (dataId) {
    computeDeferred(this, dataId as tf.DataId);
    const { values, resource } = this.tensorMap.get(dataId as tf.DataId);
    if (values == null && resource != null && typeof OffscreenCanvas === "undefined") throw synchronousReadError();
    return readSync.call(this, dataId);
  };
  prototype.readToGPU = function (dataId) {
    computeDeferred(this, dataId);
    return readToGPU.call(this, dataId);
  };
  prototype.disposeData = function (dataId, force) {
    const deferred = waiting.get(dataId);
    const isLast = force === true || this.tensorMap.get(dataId)?.refCount === 1;
    if (deferred !== undefined && isLast)
      computeWith(this, deferred, () => (isAlone(this, deferred) ? undefined : deferred.run()));
    return disposeData.call(this, dataId, force);
  };
}
