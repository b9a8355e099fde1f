// Dropout in one pass over its tensor, on the backend's own memory.

import { drawIn } from "../../kernels/drop-entries.ts";
import { inputOf } from "../../kernels/wrap-kernels.ts";
import { dropoutMask } from "../../random/masks/dropout-mask.ts";
import { floatsOf, wasmKernel } from "./wasm-backend.ts";

/** x of any shape → its entries times their factors. */
export const dropout = wasmKernel("LowrankDropout", (inputs, attributes, backend) => {
  const x = inputOf(inputs, "x");
  const output = backend.makeOutput([...x.shape], "float32");
  const mask = dropoutMask(drawIn(attributes));
  mask.drop(floatsOf(backend, output), floatsOf(backend, x));
  return output;
});
