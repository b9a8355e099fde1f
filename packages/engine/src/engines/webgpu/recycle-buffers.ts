// Uploads without new buffers. tfjs-backend-webgpu makes a staging buffer for each small constant, and destroys it after the submit;
// the queue's own writes need none. It also submits after 15 dispatches: with more, the driver is called less often.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { dispatchesASubmit } from "./run-shader.ts";

const changed = new WeakSet<WebGPUBackend>();

/** Changes the backend's class, of tfjs-backend-webgpu 4.22. Calling it twice does nothing more. */
export function recycleBuffers(prototype: WebGPUBackend): void {
  if (changed.has(prototype)) return;
  changed.add(prototype);
  prototype.uploadToGPU = uploadToGPU;
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", dispatchesASubmit);
}

/**
 * Gives a tensor a buffer from the pool, with its values. No recorded dispatch that waits for a submit uses that buffer: the pool gets
 * buffers back only after the submit. So the write, which is before all waiting dispatches, disturbs none.
 */
function uploadToGPU(this: WebGPUBackend, dataId: tf.DataId): void {
  const data = this.tensorMap.get(dataId);
  if (data.resource != null) return;
  const { values, dtype } = data;
  const numbers = values == null ? undefined : numbersOf(values as tf.TypedArray, dtype);
  const size = (dtype === "complex64" ? 8 : 4) * tf.util.sizeFromShape(data.shape);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = this.bufferManager.acquireBuffer(size, usage);
  if (numbers !== undefined) this.device.queue.writeBuffer(buffer, 0, numbers as Float32Array<ArrayBuffer>);
  data.resource = buffer;
  // One copy, as in the original; but ids, masks and labels are small, and models read them again. In Node nothing could read them later.
  if (numbers !== undefined && dtype === "float32") data.values = null as unknown as tf.BackendValues;
}

function numbersOf(values: tf.TypedArray, dtype: tf.DataType): Float32Array | Int32Array {
  if (dtype === "int32" || dtype === "bool") return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
