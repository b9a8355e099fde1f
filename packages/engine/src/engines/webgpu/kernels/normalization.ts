// Layer and root-mean-square normalization with the gradients of their inputs: a workgroup for each row.

import type * as tf from "@tensorflow/tfjs-core";
import { defer } from "../deferred.ts";
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
    key,
    outputs,
    numbers,
    lanes,
    declarations: sumOfLanes(lanes),
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

const layerNormGradientShaders = gradientShaders(
  "layer norm gradient",
  ["dy", "x", "gain", "mean", "inverse"],
  (term) => `let center = mean[group];
  let scale = inverse[group];
  var sum = 0.0;
  var products = 0.0;
  ${eachEntry("let g = dy[i] * gain[i - first]; sum += g; products += g * (x[i] - center) * scale;")}
  let meanGradient = sumOfLanes(sum, lane) / count;
  let along = sumOfLanes(products, lane) / count;
  ${eachEntry(`dx[i] = ${term}(dy[i] * gain[i - first] - meanGradient - (x[i] - center) * scale * along) * scale;`)}`,
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

const rmsNormGradientShaders = gradientShaders(
  "rms norm gradient",
  ["dy", "x", "gain", "inverse"],
  (term) => `let scale = inverse[group];
  var products = 0.0;
  ${eachEntry("products += dy[i] * (gain[i - first] + offset) * x[i];")}
  let along = sumOfLanes(products, lane) / count * scale * scale;
  ${eachEntry(`dx[i] = ${term}(dy[i] * (gain[i - first] + offset) - x[i] * along) * scale;`)}`,
);

/** The shader of a gradient, and the one that adds a term of x's shape. */
function gradientShaders(key: string, inputs: readonly string[], code: (term: string) => string) {
  const outputs = { dx: "f32" } as const;
  const sum = rowShader(`${key} and term`, [...inputs, "term"], outputs, code("term[i] + "));
  return [rowShader(key, inputs, outputs, code("")), sum] as const;
}

/** A kernel whose first output has x's shape; the others have a number for each row. `withTerm` runs where there is one. */
function byRows(plain: ReturnType<typeof rowShader>, withTerm = plain, into: readonly tf.TensorInfo[] = []): GpuKernel {
  const names = Object.keys(plain.outputs);
  return (call) => {
    const shader = call.inputs.term === undefined ? plain : withTerm;
    const x = inputOf(call, "x");
    const { rows, features, columnShape } = rowsOf(x);
    const { epsilon = 0, gainOffset = 0 } = call.attributes;
    const results = runShader(call.backend, shader, {
      inputs: Object.fromEntries(Object.keys(shader.inputs).map((name) => [name, inputOf(call, name)])),
      outputs: Object.fromEntries(
        names.map((name, index) => [name, into[index] ?? (index === 0 ? x.shape : columnShape)]),
      ),
      numbers: { features, epsilon: Number(epsilon), offset: Number(gainOffset) },
      groups: rows,
    });
    return names.flatMap((name) => results[name] ?? []);
  };
}

/** x [..., features], gain, bias → y [..., features], mean [..., 1], inverse [..., 1] (one over the deviation). */
export const layerNorm = byRows(layerNormShader);
/** dy, x, gain, mean, inverse, and a term of x's shape or none → dx plus the term. */
export const layerNormGradient = byRows(...layerNormGradientShaders);
/** x [..., features], gain → y [..., features], inverse [..., 1]. Waits until it is read: products multiply y as it is made. */
export const rmsNorm: GpuKernel = (call) => {
  const { backend, attributes } = call;
  const [hidden, gain] = [inputOf(call, "x"), inputOf(call, "gain")];
  const { features, columnShape } = rowsOf(hidden);
  const y = backend.makeTensorInfo(hidden.shape, "float32");
  const inverse = backend.makeTensorInfo(columnShape, "float32");
  defer(backend, {
    inputs: [hidden, gain],
    outputs: [y, inverse],
    run: () => {
      byRows(rmsNormShader, rmsNormShader, [y, inverse])(call);
    },
    source: {
      key: "rms norm",
      inFeatures: features,
      inputs: { hidden, gain },
      column: "inverse",
      text: rmsNormText,
      floats: { epsilon: Number(attributes.epsilon), offset: Number(attributes.gainOffset) },
    },
  });
  return [y, inverse];
};

/** Each row has 16 lanes. */
const rmsNormText = (stores: boolean) => `
var<workgroup> inverses: array<f32, 16>;
var<workgroup> squares: array<f32, 256>;
fn prepareRows(firstRow: u32, lane: u32, stores: bool) {
  let row = firstRow + lane / 16;
  var sum = 0.0;
  if (row < numbers.rows) {
    for (var i = lane % 16; i < numbers.inFeatures; i += 16) {
      let value = hidden[row * numbers.inFeatures + i];
      sum += value * value;
    }
  }
  squares[lane] = sum;
  workgroupBarrier();
  if (lane < 16) {
    var total = 0.0;
    for (var i = 0u; i < 16; i++) { total += squares[16 * lane + i]; }
    inverses[lane] = inverseSqrt(total / f32(numbers.inFeatures) + numbers.epsilon);
    ${stores ? "if (stores && firstRow + lane < numbers.rows) { inverse[firstRow + lane] = inverses[lane]; }" : ""}
  }
  workgroupBarrier();
}
fn sourceEntry(row: u32, inner: u32) -> f32 {
  return hidden[row * numbers.inFeatures + inner] * inverses[row % 16] * (gain[inner] + numbers.offset);
}`;

/** dy, x, gain, inverse, and a term of x's shape or none → dx plus the term. */
export const rmsNormGradient = byRows(...rmsNormGradientShaders);
