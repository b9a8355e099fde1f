// Layer and root-mean-square normalisation with the gradients of their inputs: a workgroup for each row.

import type { Shader } from "../run-shader.ts";
import { runShader } from "../run-shader.ts";
import { type GpuKernel, inputOf, rowsOf, sumOfLanes } from "./gpu-kernel.ts";

const lanes = 64;
const numbers = { features: "u32", epsilon: "f32", offset: "f32" } as const;

/** Statements that `use` each entry i of this row, the row's entries shared among the lanes. */
function eachEntry(use: string): string {
  return `for (var i = group * numbers.features + lane; i < (group + 1) * numbers.features; i += ${lanes}) { ${use} }`;
}

function rowShader<Outputs extends Shader["outputs"]>(
  key: string,
  inputs: readonly string[],
  outputs: Outputs,
  code: string,
): Shader & { readonly outputs: Outputs } {
  return {
    ...{ key, outputs, numbers, lanes, declarations: sumOfLanes(lanes) },
    inputs: Object.fromEntries(inputs.map((name) => [name, "f32"])),
    code: `let first = group * numbers.features;
      let count = f32(numbers.features);
      let epsilon = numbers.epsilon;
      let offset = numbers.offset;
      ${code}`,
  };
}

const layerNormShader = rowShader(
  "layer norm",
  ["x", "gain", "bias"],
  { y: "f32", mean: "f32", inverse: "f32" } as const,
  `var sum = 0.0;
  ${eachEntry("sum += x[i];")}
  let center = sumOfLanes(sum, lane) / count;
  var squares = 0.0;
  ${eachEntry("squares += (x[i] - center) * (x[i] - center);")}
  let scale = inverseSqrt(sumOfLanes(squares, lane) / count + epsilon);
  ${eachEntry("y[i] = (x[i] - center) * scale * gain[i - first] + bias[i - first];")}
  if (lane == 0) { mean[group] = center; inverse[group] = scale; }`,
);

const layerNormGradientShader = rowShader(
  "layer norm gradient",
  ["dy", "x", "gain", "mean", "inverse"],
  { dx: "f32" } as const,
  `let center = mean[group];
  let scale = inverse[group];
  var sum = 0.0;
  var products = 0.0;
  ${eachEntry("let g = dy[i] * gain[i - first]; sum += g; products += g * (x[i] - center) * scale;")}
  let meanGradient = sumOfLanes(sum, lane) / count;
  let along = sumOfLanes(products, lane) / count;
  ${eachEntry("dx[i] = (dy[i] * gain[i - first] - meanGradient - (x[i] - center) * scale * along) * scale;")}`,
);

const rmsNormShader = rowShader(
  "rms norm",
  ["x", "gain"],
  { y: "f32", inverse: "f32" } as const,
  `var squares = 0.0;
  ${eachEntry("squares += x[i] * x[i];")}
  let scale = inverseSqrt(sumOfLanes(squares, lane) / count + epsilon);
  ${eachEntry("y[i] = x[i] * scale * (gain[i - first] + offset);")}
  if (lane == 0) { inverse[group] = scale; }`,
);

const rmsNormGradientShader = rowShader(
  "rms norm gradient",
  ["dy", "x", "gain", "inverse"],
  { dx: "f32" } as const,
  `let scale = inverse[group];
  var products = 0.0;
  ${eachEntry("products += dy[i] * (gain[i - first] + offset) * x[i];")}
  let along = sumOfLanes(products, lane) / count * scale * scale;
  ${eachEntry("dx[i] = (dy[i] * (gain[i - first] + offset) - x[i] * along) * scale;")}`,
);

/** A kernel whose first output has x's shape; the others have a number for each row. */
function byRows(shader: ReturnType<typeof rowShader>): GpuKernel {
  const names = Object.keys(shader.outputs);
  return (call) => {
    const x = inputOf(call, "x");
    const { rows, features, columnShape } = rowsOf(x);
    const { epsilon = 0, gainOffset = 0 } = call.attributes;
    const results = runShader(call.backend, shader, {
      inputs: Object.fromEntries(Object.keys(shader.inputs).map((name) => [name, inputOf(call, name)])),
      outputs: Object.fromEntries(names.map((name, index) => [name, index === 0 ? x.shape : columnShape])),
      numbers: { features, epsilon: Number(epsilon), offset: Number(gainOffset) },
      groups: rows,
    });
    return names.flatMap((name) => results[name] ?? []);
  };
}

/** x [..., features], gain, bias → y [..., features], mean [..., 1], inverse [..., 1] (one over the deviation). */
export const layerNorm = byRows(layerNormShader);
/** dy, x, gain, mean, inverse → dx. */
export const layerNormGradient = byRows(layerNormGradientShader);
/** x [..., features], gain → y [..., features], inverse [..., 1]. */
export const rmsNorm = byRows(rmsNormShader);
/** dy, x, gain, inverse → dx. */
export const rmsNormGradient = byRows(rmsNormGradientShader);
