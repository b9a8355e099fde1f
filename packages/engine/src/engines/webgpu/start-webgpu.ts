// The GPU through WebGPU: the browser's own, or in Node the one of the optional npm package "webgpu" (Dawn).

import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { isSoftwareName } from "../graphics/software-adapters.ts";
import { exportOf, importUnbundled, isNode, propertyOf } from "../import-unbundled.ts";
import type { StartOutcome } from "../start-options.ts";

/** Throws if there is no adapter, or only a software one and `acceptSoftware` is false: wasm is faster than that. */
export async function startWebgpu(acceptSoftware: boolean): Promise<StartOutcome> {
  if (isNode()) await provideNavigatorGpu();
  const gpu = propertyOf(globalThis.navigator, "gpu");
  const requestAdapter = propertyOf(gpu, "requestAdapter");
  if (typeof requestAdapter !== "function") throw new EngineUnavailableError("this environment has no navigator.gpu");
  const adapter: unknown = await requestAdapter.call(gpu);
  if (adapter === null) throw new EngineUnavailableError("WebGPU found no GPU");
  const isSoftware = isSoftwareAdapter(adapter);
  if (isSoftware && !acceptSoftware) throw new EngineUnavailableError("WebGPU has only a software renderer");
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  const { extendWebgpuBackend } = await import("./extend-webgpu-backend.ts"); // with all shaders
  extendWebgpuBackend(WebGPUBackend);
  return isSoftware ? { backend: "webgpu", note: "WebGPU is emulated in software." } : { backend: "webgpu" };
}

/** Must run before the backend is imported: it looks for navigator.gpu once, when it registers itself. */
async function provideNavigatorGpu(): Promise<void> {
  if (propertyOf(globalThis.navigator, "gpu") !== undefined) return;
  const module = await importUnbundled("webgpu").catch(() => undefined);
  const create = exportOf(module, "create");
  if (typeof create !== "function")
    throw new EngineUnavailableError(
      'in Node it needs the npm package "webgpu"',
      "npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0",
    );
  Object.assign(globalThis, exportOf(module, "globals"));
  const gpu: unknown = create([]);
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  } else {
    Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  }
}

function isSoftwareAdapter(adapter: unknown): boolean {
  const info = propertyOf(adapter, "info");
  if (propertyOf(adapter, "isFallbackAdapter") === true || propertyOf(info, "isFallbackAdapter") === true) return true;
  const names = ["vendor", "architecture", "device", "description"].map((name) => propertyOf(info, name));
  return names.some((name) => typeof name === "string" && isSoftwareName(name));
}
