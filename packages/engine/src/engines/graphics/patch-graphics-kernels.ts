// Kernels that tfjs-backend-webgl and tfjs-backend-webgpu run wrongly, and that training needs. WebGPU reports a shader that
// it refuses on the console alone: whoever reads the result gets what was in memory before.

import { productOfNothing, segmentsOfNothing, sumOfNothing } from "../../kernels/sums-of-nothing.ts";
import { type Wrap, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { addByParts } from "./add-n.ts";
import { convertingCast } from "./cast.ts";
import { turnedCumsum } from "./cumsum.ts";

const ofNothing = {
  Sum: sumOfNothing,
  BatchMatMul: productOfNothing,
  UnsortedSegmentSum: segmentsOfNothing,
};

const wrappers: Readonly<Record<"webgl" | "webgpu", Readonly<Record<string, Wrap>>>> = {
  webgl: ofNothing,
  webgpu: { ...ofNothing, AddN: addByParts, Cast: convertingCast, Cumsum: turnedCumsum },
};

/**
 * Mends a graphics backend that has been imported; calling it twice does nothing more.
 *
 * `chooseEngine` does this. Call it yourself if you import the backend yourself.
 *
 * @example
 * ```ts
 * import { patchGraphicsKernels } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-webgl";
 *
 * patchGraphicsKernels("webgl");
 * ```
 */
export function patchGraphicsKernels(backend: "webgl" | "webgpu"): void {
  wrapKernels(backend, wrappers[backend]);
}
