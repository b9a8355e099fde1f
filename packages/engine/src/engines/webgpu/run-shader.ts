// One dispatch of a compute shader on TensorFlow.js's WebGPU backend, which records it with its own: into the same command
// encoder, with buffers from the same pool. A kernel writes what differs; bindings, numbers and the entry point are made here.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";

import { computeDeferred } from "./deferred.ts";

type ElementType = "f32" | "i32" | "u32";

/** A shader's parts. Inputs and outputs are `array<element>`, whose names the code uses. */
export interface Shader {
  /** Tells this shader from all others: its kernel, and what differs in `code`. */
  readonly key: string;
  readonly inputs: Readonly<Record<string, ElementType>>;
  readonly outputs: Readonly<Record<string, ElementType>>;
  /** Read as `numbers.name`; 32 bits each. */
  readonly numbers?: Readonly<Record<string, ElementType>>;
  /** Rows of a table, read as `numbers.table[row]`: vec4u. */
  readonly tableRows?: number;
  /** Invocations in a workgroup. Default 256, the most that every device has. */
  readonly lanes?: number;
  /** Functions and workgroup memory. */
  readonly declarations?: string;
  /** The entry point's statements: `group` is the workgroup's number, `lane` the invocation's in it (u32). */
  readonly code: string;
}

/** What a shader runs on. */
export interface Dispatch<Output extends string = string> {
  /** Tensors, or matrices that have their own buffer. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo | { readonly buffer: GPUBuffer }>>;
  /** Shapes of new tensors, or a tensor that is overwritten. */
  readonly outputs: Readonly<Record<Output, readonly number[] | tf.TensorInfo>>;
  readonly numbers?: Readonly<Record<string, number>>;
  /** The table's numbers, four for each row. */
  readonly table?: readonly number[];
  /** Workgroups. */
  readonly groups: number;
}

const shaders = new Map<string, Shader>();

/** A shader whose parts are written at its first use: the text of a long one takes longer than recording its dispatch. */
export function shaderOnce<Parts extends Omit<Shader, "key">>(
  key: string,
  write: () => Parts,
): Parts & { readonly key: string } {
  const shader = shaders.get(key) ?? { ...write(), key };
  shaders.set(key, shader);
  return shader as Parts & { readonly key: string };
}

/** Records a dispatch, and returns its outputs by name. Inputs and outputs must not share a buffer, and none is empty. */
export function runShader<Output extends string>(
  backend: WebGPUBackend,
  shader: Shader & { readonly outputs: Readonly<Record<Output, ElementType>> },
  { inputs, outputs, numbers = {}, table = [], groups }: Dispatch<Output>,
): Record<Output, tf.TensorInfo> {
  const gpu = backend as unknown as Recording;
  // Before the outputs have buffers: a submit would end this package's hold on these.
  for (const input of Object.values(inputs)) if ("dataId" in input) computeDeferred(backend, input.dataId);
  const results = {} as Record<Output, tf.TensorInfo>;
  const buffers: GPUBuffer[] = [];
  for (const name of Object.keys(shader.outputs) as Output[]) {
    const output: readonly number[] | tf.TensorInfo = outputs[name];
    results[name] =
      "dataId" in output
        ? output
        : backend.makeTensorInfo([...output], shader.outputs[name] === "f32" ? "float32" : "int32");
    buffers.push(bufferOf(backend, results[name]));
    backend.tensorMap.get(results[name].dataId).values = null as unknown as tf.BackendValues; // of an earlier read
  }
  for (const name of Object.keys(shader.inputs)) {
    const input = inputs[name];
    if (input === undefined) throw new Error(`The shader ${shader.key} got no input "${name}".`);
    buffers.push("dataId" in input ? bufferOf(backend, input) : input.buffer);
  }
  buffers.push(numbersBuffer(backend, shader, { numbers, table, groups }));
  const pipeline = pipelineOf(backend.device, shader);
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = backend.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  backend.ensureCommandEncoderReady();
  gpu.computePassEncoder ??= gpu.commandEncoder.beginComputePass();
  gpu.computePassEncoder.setPipeline(pipeline);
  gpu.computePassEncoder.setBindGroup(0, bindGroup);
  const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.ceil(groups / most);
  gpu.computePassEncoder.dispatchWorkgroups(Math.ceil(groups / rows), rows);
  gpu.dispatchCountInPass++;
  if (gpu.dispatchCountInPass >= dispatchesASubmit) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  return results;
}

/** Records copies between buffers of tensors, in the order of the dispatches. */
export function startCopies(backend: WebGPUBackend): {
  readonly encoder: GPUCommandEncoder;
  readonly bufferOf: (tensor: tf.TensorInfo) => GPUBuffer;
} {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  return { encoder: (backend as unknown as Recording).commandEncoder, bufferOf: (tensor) => bufferOf(backend, tensor) };
}

/** As many dispatches as wait for a submit; TensorFlow.js waits for 15 of its own. */
export const dispatchesASubmit = 64;

/** The types of numbers that are all u32. */
export function typesOf(numbers: Readonly<Record<string, number>>): Readonly<Record<string, "u32">> {
  return Object.fromEntries(Object.keys(numbers).map((name) => [name, "u32"]));
}

/** Submits the dispatches that wait, so that a buffer which they read may be destroyed. */
export function submitPending(backend: WebGPUBackend): void {
  if ((backend as unknown as Partial<Recording>).commandEncoder == null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** The backend's private parts that a dispatch needs: those of tfjs-backend-webgpu 4.22. */
interface Recording {
  readonly commandEncoder: GPUCommandEncoder;
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly uniformPendingDisposal: GPUBuffer[];
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
}

/** A tensor's buffer. The backend keeps it until this dispatch is submitted, even if the tensor is disposed of before. */
function bufferOf(backend: WebGPUBackend, { dataId }: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId);
  (backend as unknown as Recording).commandQueueOwnedIds.add(dataId);
  return backend.tensorMap.get(dataId).resource as GPUBuffer;
}

function numbersBuffer(
  backend: WebGPUBackend,
  { key, numbers: types = {}, tableRows = 0 }: Shader,
  { numbers, table, groups }: Required<Pick<Dispatch, "numbers" | "table" | "groups">>,
): GPUBuffer {
  const names = Object.keys(types);
  const tableAt = Math.ceil((names.length + 1) / 4) * 16;
  const bytes = new DataView(new ArrayBuffer(tableAt + 16 * tableRows));
  for (const [index, number] of table.entries()) bytes.setUint32(tableAt + 4 * index, number, true);
  bytes.setUint32(0, groups, true);
  for (const [index, name] of names.entries()) {
    const number = numbers[name];
    if (number === undefined) throw new Error(`The shader ${key} got no number "${name}".`);
    const place = 4 * (index + 1);
    if (types[name] === "f32") bytes.setFloat32(place, number, true);
    else bytes.setInt32(place, number, true);
  }
  const buffer = backend.bufferManager.acquireBuffer(
    bytes.byteLength,
    GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM,
  );
  backend.queue.writeBuffer(buffer, 0, bytes.buffer);
  (backend as unknown as Recording).uniformPendingDisposal.push(buffer);
  return buffer;
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

function pipelineOf(device: GPUDevice, shader: Shader): GPUComputePipeline {
  const pipelinesOfDevice = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, pipelinesOfDevice);
  let pipeline = pipelinesOfDevice.get(shader.key);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ label: shader.key, code: sourceOf(shader) });
    pipeline = device.createComputePipeline({
      label: shader.key,
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    pipelinesOfDevice.set(shader.key, pipeline);
  }
  return pipeline;
}

/** The whole shader. It uses each binding, since one that is unused is missing in the layout. */
function sourceOf(shader: Shader): string {
  const { inputs, outputs, numbers = {}, tableRows = 0, lanes = 256, declarations = "", code } = shader;
  const written = Object.entries(outputs).map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`);
  const read = Object.entries(inputs).map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`);
  const fields = ["groups: u32", ...Object.entries(numbers).map(([name, type]) => `${name}: ${type}`)];
  if (tableRows > 0) fields.push(`table: array<vec4u, ${tableRows}>`);
  const bindings = [...written, ...read, "var<uniform> numbers: Numbers;"];
  return `struct Numbers { ${fields.join(", ")} }
${bindings.map((binding, index) => `@group(0) @binding(${index}) ${binding}`).join("\n")}
${declarations}
@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) groupId: vec3u,
  @builtin(num_workgroups) groupCounts: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = groupId.x + groupId.y * groupCounts.x;
  if (group >= numbers.groups) { return; }
  ${code}
}`;
}
