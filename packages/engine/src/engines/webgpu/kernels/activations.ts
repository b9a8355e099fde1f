// GELU, SiLU and the gated activations, with their gradients: one dispatch each.

import { runEntrywise } from "./entrywise.ts";
import { type GpuKernel, inputOf } from "./gpu-kernel.ts";

const root = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** Finite for all finite x: an infinity need not be kept (WGSL, "Differences from IEEE-754"). */
const sigmoid = `
fn sigmoid(x: f32) -> f32 { return 1 / (1 + exp(clamp(-x, -80.0, 80.0))); }`;

/** ½(1 + tanh(u)) = σ(2u), for u = √(2/π)·(x + 0.044715·x³). */
const tanhGate = `${sigmoid}
fn gate(x: f32) -> f32 { return sigmoid(${2 * root} * x * (1 + ${cubic} * x * x)); }`;

/** The normal distribution by erf's formula 7.1.26 of Abramowitz and Stegun, whose error is at most 1.5·10⁻⁷. */
const erfGate = `
fn gate(x: f32) -> f32 {
  let t = 1 / (1 + ${0.3275911 * Math.SQRT1_2} * abs(x));
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let beyond = 0.5 * tail * exp(-0.5 * x * x);
  return select(beyond, 1 - beyond, x > 0);
}`;

/** Derivative of x·gate(x). */
const tanhDerivative = `${tanhGate}
fn derivative(x: f32) -> f32 {
  let g = gate(x);
  return g * (1 + x * ${2 * root} * (1 + ${3 * cubic} * x * x) * (1 - g));
}`;

const erfDerivative = `${erfGate}
fn derivative(x: f32) -> f32 { return gate(x) + x * ${1 / Math.sqrt(2 * Math.PI)} * exp(-0.5 * x * x); }`;

const siluDerivative = `${sigmoid}
fn derivative(x: f32) -> f32 {
  let g = sigmoid(x);
  return g * (1 + x * (1 - g));
}`;

/** A kernel whose outputs have its inputs' shape: `outputs` are expressions of entry i. */
function entrywise(
  inputs: readonly string[],
  outputs: Readonly<Record<string, string>>,
  declarations: string,
): GpuKernel {
  const names = Object.keys(outputs);
  const code = names.map((name) => `${name}[i] = ${outputs[name]};`).join("\n");
  return (call) => {
    const tensors = Object.fromEntries(inputs.map((name) => [name, inputOf(call, name)] as const));
    const shape = tensors[inputs[0] ?? ""]?.shape ?? [];
    const key = `${declarations} ${code}`;
    return runEntrywise(call.backend, { key, inputs: tensors, outputs: names, shape, declarations, code });
  };
}

const gated = { y: "x[i] * gate(x[i])" };
const chained = { dx: "dy[i] * derivative(x[i])" };

/** Inputs and outputs are those of the operations in `ops`: x → y; dy, x → dx; gate, up → y; dy, gate, up → both gradients. */
export const activations = {
  LowrankGeluTanh: entrywise(["x"], gated, tanhGate),
  LowrankGeluTanhGradient: entrywise(["dy", "x"], chained, tanhDerivative),
  LowrankGeluErf: entrywise(["x"], gated, erfGate),
  LowrankGeluErfGradient: entrywise(["dy", "x"], chained, erfDerivative),
  LowrankSilu: entrywise(["x"], { y: "x[i] * sigmoid(x[i])" }, sigmoid),
  LowrankSiluGradient: entrywise(["dy", "x"], chained, siluDerivative),
  LowrankSwiglu: entrywise(["gate", "up"], { y: "gate[i] * sigmoid(gate[i]) * up[i]" }, sigmoid),
  LowrankSwigluGradient: entrywise(
    ["dy", "gate", "up"],
    { forGate: "dy[i] * up[i] * derivative(gate[i])", forUp: "dy[i] * gate[i] * sigmoid(gate[i])" },
    siluDerivative,
  ),
};
