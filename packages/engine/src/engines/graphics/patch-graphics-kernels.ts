// Kernels that training needs and that tfjs-backend-webgl or tfjs-backend-webgpu compute wrongly. WebGPU reports a refused
// shader only on the console: the result then holds whatever was in that memory before.

import { productOfEmpty, segmentsOfEmpty, sumOfEmpty } from "../../kernels/empty-sums.ts";
import { type Wrap, wrapKernels } from "../../kernels/wrap-kernels.ts";
import { addByParts } from "./kernels/add-by-parts.ts";
import { convertingCast } from "./kernels/converting-cast.ts";
import { reversedCumsum } from "./kernels/reversed-cumsum.ts";
import { tileByAxis } from "./kernels/tile-by-axis.ts";

const emptyInputs = {
  Sum: sumOfEmpty,
  BatchMatMul: productOfEmpty,
  UnsortedSegmentSum: segmentsOfEmpty,
};

const wrappers: Readonly<Record<"webgl" | "webgpu", Readonly<Record<string, Wrap>>>> = {
  webgl: emptyInputs,
  webgpu: { ...emptyInputs, AddN: addByParts, Cast: convertingCast, Cumsum: reversedCumsum, Tile: tileByAxis },
};

/**
 * Patches a graphics backend that has been imported; calling it twice does nothing more.
 *
 * `chooseEngine` does this. Call it yourself if you import the backend yourself.
 */
export function patchGraphicsKernels(backend: "webgl" | "webgpu"): void {
  wrapKernels(backend, wrappers[backend]);
}
