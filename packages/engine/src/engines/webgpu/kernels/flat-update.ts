// One step of AdamW (Loshchilov & Hutter 2019) over all variables of a run, as torch computes it: their numbers one after the other in
// one buffer. Nothing is read: a step whose loss or gradients are not finite is left out by the GPU itself.

import { sizeOf } from "../../../rows.ts";
import { runShader, startCopies } from "../run-shader.ts";
import { type GpuKernel, inputOf, sumOfLanes } from "./gpu-kernel.ts";

/** Tensors "0", "1", … → one of `size` numbers, each at its place in `starts`; 0 elsewhere. Copies, and no dispatch. */
export const joinFlat: GpuKernel = ({ inputs, attributes, backend }) => {
  const starts = attributes.starts as number[];
  const joined = backend.makeTensorInfo([Number(attributes.size)], "float32");
  const { encoder, bufferOf } = startCopies(backend);
  const target = bufferOf(joined);
  encoder.clearBuffer(target);
  for (const [index, start] of starts.entries()) {
    const source = inputOf({ inputs, attributes, backend }, String(index));
    encoder.copyBufferToBuffer(bufferOf(source), 0, target, 4 * start, 4 * sizeOf(source.shape));
  }
  return [joined];
};

/** The reverse: "flat" → a new tensor for each of `starts`, with the shape of the input "0", "1", …, which is not read. */
export const splitFlat: GpuKernel = (call) => {
  const { attributes, backend } = call;
  const { encoder, bufferOf } = startCopies(backend);
  const source = bufferOf(inputOf(call, "flat"));
  return (attributes.starts as number[]).map((start, index) => {
    const { shape } = inputOf(call, String(index));
    const part = backend.makeTensorInfo([...shape], "float32");
    encoder.copyBufferToBuffer(source, 4 * start, bufferOf(part), 0, 4 * sizeOf(shape));
    return part;
  });
};

/** Whether a float's exponent has all bits set: shaders may assume that no number is NaN or infinite, but not of bits. */
const finiteTest = "fn isFinite(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }";
const partials = 64;

const squaresShader = {
  key: "squares of gradients",
  inputs: { gradients: "u32" },
  outputs: { sums: "f32" },
  numbers: { size: "u32", scale: "f32" },
  declarations: `${finiteTest}${sumOfLanes()}`,
  code: `var sum = 0.0;
  var broken = 0.0;
  for (var i = group * 256 + lane; i < numbers.size; i += ${partials * 256}) {
    let bits = gradients[i];
    if (isFinite(bits)) { let value = bitcast<f32>(bits) * numbers.scale; sum += value * value; } else { broken = 1; }
  }
  let total = sumOfLanes(sum, lane);
  let anyBroken = sumOfLanes(broken, lane);
  if (lane == 0) { sums[2 * group] = total; sums[2 * group + 1] = anyBroken; }`,
} as const;

/** status, as bits: the mean loss, the global norm, 1 if the step is made (else 0), the factor of each gradient. */
const judgeShader = {
  key: "judge gradients",
  inputs: { sums: "f32", loss: "f32", table: "i32" },
  outputs: { status: "u32", counts: "i32" },
  numbers: { variables: "u32", scale: "f32", clipNorm: "f32" },
  declarations: `${finiteTest}${sumOfLanes()}`,
  code: `let isPartial = lane < ${partials};
  let partial = min(lane, ${partials - 1}u);
  let norm = sqrt(sumOfLanes(select(0.0, sums[2 * partial], isPartial), lane));
  let broken = sumOfLanes(select(0.0, sums[2 * partial + 1], isPartial), lane);
  let mean = loss[0] * numbers.scale;
  let isMade = broken == 0 && isFinite(bitcast<u32>(norm)) && isFinite(bitcast<u32>(mean));
  if (lane == 0) {
    status[0] = bitcast<u32>(mean);
    status[1] = select(bitcast<u32>(norm), 0x7fc00000u, broken > 0); // a NaN
    status[2] = u32(isMade);
    status[3] = bitcast<u32>(numbers.scale * min(1.0, numbers.clipNorm / (norm + 1e-6)));
  }
  if (isMade) {
    for (var i = lane; i < numbers.variables; i += 256) { counts[i] += table[4 * i + 1]; }
  }`,
} as const;

/** 1 − βᵗ is −expm1(t·ln β), by a series where the exponential would lose its digits. */
const adamWShader = {
  key: "adamw",
  inputs: { gradients: "f32", table: "i32", counts: "i32", status: "u32" },
  outputs: { values: "f32", first: "f32", second: "f32" },
  numbers: {
    size: "u32",
    variables: "u32",
    learningRate: "f32",
    epsilon: "f32",
    beta1: "f32",
    beta2: "f32",
    rest1: "f32",
    rest2: "f32",
    log1: "f32",
    log2: "f32",
  },
  declarations: `fn correction(exponent: f32) -> f32 {
    if (exponent < -0.5) { return 1 - exp(exponent); }
    var term = -exponent;
    var sum = term;
    for (var k = 2.0; k < 10; k += 1) { term *= exponent / k; sum += term; }
    return sum;
  }`,
  code: `let i = group * 256 + lane;
  if (i >= numbers.size || status[2] == 0) { return; }
  var variable = 0u;
  var end = numbers.variables;
  while (end - variable > 1) {
    let middle = (variable + end) / 2;
    if (u32(table[4 * middle]) <= i) { variable = middle; } else { end = middle; }
  }
  if (table[4 * variable + 1] == 0) { return; }
  let learningRate = numbers.learningRate * bitcast<f32>(table[4 * variable + 2]);
  let decay = bitcast<f32>(table[4 * variable + 3]);
  let updates = f32(counts[variable]);
  let gradient = gradients[i] * bitcast<f32>(status[3]);
  let mean = numbers.beta1 * first[i] + numbers.rest1 * gradient;
  let square = numbers.beta2 * second[i] + numbers.rest2 * gradient * gradient;
  first[i] = mean;
  second[i] = square;
  let rate = learningRate / correction(updates * numbers.log1);
  let scale = inverseSqrt(correction(updates * numbers.log2));
  values[i] = values[i] * (1 - learningRate * decay) - rate * mean / (sqrt(square) * scale + numbers.epsilon);`,
} as const;

/** `AdamWTensors` and `AdamWNumbers` of kernels/flat-kernels. */
export const adamW: GpuKernel = (call) => {
  const input = (name: string) => inputOf(call, name);
  const number = (name: string) => Number(call.attributes[name]);
  const [size, variables, scale] = [sizeOf(input("gradients").shape), sizeOf(input("counts").shape), number("scale")];
  const [gradients, table, counts, status] = [input("gradients"), input("table"), input("counts"), input("status")];
  const { sums } = runShader(call.backend, squaresShader, {
    inputs: { gradients },
    outputs: { sums: [2 * partials] },
    numbers: { size, scale },
    groups: partials,
  });
  runShader(call.backend, judgeShader, {
    inputs: { sums, loss: input("loss"), table },
    outputs: { status, counts },
    numbers: { variables, scale, clipNorm: number("clipNorm") },
    groups: 1,
  });
  call.backend.disposeData(sums.dataId);
  const [beta1, beta2] = [number("beta1"), number("beta2")];
  runShader(call.backend, adamWShader, {
    inputs: { gradients, table, counts, status },
    outputs: { values: input("values"), first: input("first"), second: input("second") },
    numbers: {
      size,
      variables,
      learningRate: number("learningRate"),
      epsilon: number("epsilon"),
      beta1,
      beta2,
      rest1: 1 - beta1,
      rest2: 1 - beta2,
      log1: logarithm(beta1),
      log2: logarithm(beta2),
    },
    groups: Math.ceil(size / 256),
  });
  return [];
};

/** Finite also for a beta of 0, whose powers are 0 in float32 then. */
function logarithm(beta: number): number {
  return Math.log(Math.max(beta, 1e-38));
}
