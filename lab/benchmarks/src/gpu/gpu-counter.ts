// What a program asks of WebGPU: calls and bytes, counted by wrapping the methods that every caller must use.

/** Counts since the start of the counter. */
export interface GpuCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** Buffers made, not those taken from a pool. */
  readonly buffersMade: number;
  /** Written by the host: into buffers, and into buffers that are mapped when they are made. */
  readonly bytesUploaded: number;
  readonly readBacks: number;
  readonly bytesRead: number;
  /** Sizes of the buffers bound to each dispatch, summed: the traffic if each dispatch moves its buffers once. */
  readonly bytesBound: number;
}

/** Wraps methods of WebGPU's classes for the rest of the process. Returns the counts so far. Call it after the engine's start. */
export function countGpuCalls(): () => GpuCounts {
  const counts = {
    dispatches: 0,
    submits: 0,
    buffersMade: 0,
    bytesUploaded: 0,
    readBacks: 0,
    bytesRead: 0,
    bytesBound: 0,
  };
  const sizes = new WeakMap<object, number>();
  const boundNow = new WeakMap<object, number>();
  watch("GPUQueue", "submit", () => {
    counts.submits += 1;
  });
  watch("GPUQueue", "writeBuffer", (_, [, , data, , size]) => {
    counts.bytesUploaded += Number(size ?? Object(data).byteLength);
  });
  watch("GPUBuffer", "mapAsync", (buffer, [mode]) => {
    if (mode !== 1) return; // GPUMapMode.READ
    counts.readBacks += 1;
    counts.bytesRead += Object(buffer).size;
  });
  watch("GPUDevice", "createBuffer", (_, [{ size, mappedAtCreation = false }]) => {
    counts.buffersMade += 1;
    if (mappedAtCreation) counts.bytesUploaded += size;
  });
  watch("GPUDevice", "createBindGroup", (_, [{ entries }], group) => {
    let bytes = 0;
    for (const { resource } of entries) bytes += resource.buffer?.size ?? 0;
    sizes.set(Object(group), bytes);
  });
  watch("GPUComputePassEncoder", "setBindGroup", (pass, [, group]) => {
    boundNow.set(pass, sizes.get(group) ?? 0);
  });
  watch("GPUComputePassEncoder", "dispatchWorkgroups", (pass) => {
    counts.dispatches += 1;
    counts.bytesBound += boundNow.get(pass) ?? 0;
  });
  return () => ({ ...counts });
}

// biome-ignore lint/suspicious/noExplicitAny: parameters and results of any method
type Look = (self: object, parameters: any[], result: unknown) => void;

/** Calls `look` after each call of a method. */
function watch(className: string, method: string, look: Look): void {
  const { prototype } = Reflect.get(globalThis, className);
  const original = prototype[method];
  prototype[method] = function (this: object, ...parameters: unknown[]) {
    const result: unknown = original.apply(this, parameters);
    look(this, parameters, result);
    return result;
  };
}
