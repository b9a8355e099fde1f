// The GPU through WebGL: for browsers that have neither WebGPU nor WebAssembly with SIMD, or if the user names it.

import { EngineUnavailableError } from "../engine-unavailable-error.ts";
import { patchGraphicsKernels } from "../graphics/patch-graphics-kernels.ts";
import { isSoftwareName } from "../graphics/software-adapters.ts";
import { isNode } from "../import-unbundled.ts";
import type { StartOutcome } from "../start-options.ts";

/** Throws if there is no WebGL, if it has no 32-bit floats, or if it is emulated and the user did not name it. */
export async function startWebgl(acceptSoftware: boolean): Promise<StartOutcome> {
  if (isNode()) throw new EngineUnavailableError("it needs a browser");
  const gpu = gpuName();
  if (gpu === undefined) throw new EngineUnavailableError("this environment has no WebGL");
  const isSoftware = isSoftwareName(gpu);
  if (isSoftware && !acceptSoftware) throw new EngineUnavailableError("WebGL is emulated in software");
  const { env } = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgl");
  if (isSoftware) env().set("SOFTWARE_WEBGL_ENABLED", true); // else tfjs requests a context that only a GPU can give
  patchGraphicsKernels("webgl");
  if (!env().getBool("WEBGL_RENDER_FLOAT32_CAPABLE"))
    throw new EngineUnavailableError("WebGL on this GPU has 16-bit numbers, too few for training");
  return isSoftware ? { backend: "webgl", note: "WebGL is emulated in software." } : { backend: "webgl" };
}

/** The GPU's own name; empty if it has none, undefined without WebGL. */
function gpuName(): string | undefined {
  if (typeof OffscreenCanvas === "undefined" && typeof document === "undefined") return undefined;
  const canvas = typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
  const context = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  if (!(context instanceof WebGLRenderingContext) && !(context instanceof WebGL2RenderingContext)) return undefined;
  const extension = context.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = extension === null ? "" : context.getParameter(extension.UNMASKED_RENDERER_WEBGL);
  context.getExtension("WEBGL_lose_context")?.loseContext(); // a page has only a few contexts
  return typeof name === "string" ? name : "";
}
