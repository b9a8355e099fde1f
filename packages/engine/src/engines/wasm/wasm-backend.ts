// The internals of tfjs-backend-wasm 4.22 that its own kernels and ours need. None of them is public; the version is checked before
// anything is patched.

import type * as tf from "@tensorflow/tfjs-core";

/** The backend's record of a tensor: an id for its C++ side and the offset of its values. */
interface WasmTensorData {
  readonly id: number;
  readonly memoryOffset: number;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** The backend as its kernels see it. */
export interface WasmBackend {
  readonly dataIdMap: { get(dataId: object): WasmTensorData; delete(dataId: object): boolean };
  readonly wasm: {
    readonly tfjs: { disposeData(id: number): void };
    /** Emscripten's wrapper of a C++ function. */
    cwrap(name: string, returns: null, parameters: readonly ("number" | "array")[]): (...values: unknown[]) => void;
  };
  /** With an offset, the tensor is a view of memory that something else owns. */
  makeOutput(shape: number[], dtype: tf.DataType, memoryOffset?: number): tf.TensorInfo;
  /** Another tensor will share these values; they are freed once every sharer is disposed of. */
  incRef(dataId: object): void;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  disposeData(dataId: object): boolean;
}

/** Whether a backend offers everything that our kernels call. */
function isWasmBackend(backend: unknown): backend is WasmBackend {
  if (typeof backend !== "object" || backend === null) return false;
  const methods = ["makeOutput", "typedArrayFromHeap", "disposeData", "incRef"];
  return (
    methods.every((name) => typeof Reflect.get(backend, name) === "function") &&
    "dataIdMap" in backend &&
    "wasm" in backend
  );
}

/** A kernel for the wasm backend. */
export function wasmKernel(
  kernelName: string,
  compute: (inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap, backend: WasmBackend) => tf.TensorInfo,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!isWasmBackend(backend)) throw new Error(`The kernel ${kernelName} was run on another backend than wasm.`);
      return compute(inputs, attrs ?? {}, backend);
    },
  };
}

/** The same values in another shape; the tensor keeps its owner. */
export function viewed(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  return { dataId: tensor.dataId, dtype: tensor.dtype, shape: [...shape] };
}

/** The live values of a float tensor. Making another tensor may move the heap: read the view again after that. */
export function floatsOf(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array {
  const values = backend.typedArrayFromHeap(tensor);
  if (!(values instanceof Float32Array)) throw new Error(`A kernel needs float32 values, not ${tensor.dtype}.`);
  return values;
}

/** A new float tensor of zeros: memory comes as it was left. */
export function zeros(backend: WasmBackend, shape: readonly number[]): tf.TensorInfo {
  const output = backend.makeOutput([...shape], "float32");
  backend.typedArrayFromHeap(output).fill(0);
  return output;
}
