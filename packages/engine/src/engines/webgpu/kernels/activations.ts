// GELU, SiLU and the gated activations, with their gradients: one dispatch each.

import type * as tf from "@tensorflow/tfjs-core";
import { defer } from "../deferred.ts";
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

/** A computation: `key` identifies its shader, and `outputs` are expressions of entry i. */
interface Activation {
  readonly key: string;
  readonly inputs: readonly [string, ...string[]];
  readonly outputs: Readonly<Record<string, string>>;
  readonly declarations: string;
}

/** A kernel whose outputs have its inputs' shape. */
function entrywise({ key, inputs, outputs, declarations }: Activation, into?: readonly tf.TensorInfo[]): GpuKernel {
  const names = Object.keys(outputs);
  const code = names.map((name) => `${name}[i] = ${outputs[name]};`).join("\n");
  return (call) => {
    const tensors = Object.fromEntries(inputs.map((name) => [name, inputOf(call, name)] as const));
    const { shape } = inputOf(call, inputs[0]);
    return runEntrywise(call.backend, {
      key,
      inputs: tensors,
      outputs: names,
      shape,
      declarations,
      code,
      ...(into && { into }),
    });
  };
}

/** x → x·gate(x) */
function gated(key: string, declarations: string): GpuKernel {
  return entrywise({ key, declarations, inputs: ["x"], outputs: { y: "x[i] * gate(x[i])" } });
}

/** dy, x → dx */
function gradient(key: string, declarations: string): GpuKernel {
  return entrywise({ key, declarations, inputs: ["dy", "x"], outputs: { dx: "dy[i] * derivative(x[i])" } });
}

/** Computed when it is read: the linear layer after a gate multiplies it in the same kernel. */
const swiglu: GpuKernel = (call) => {
  const [gate, up] = [inputOf(call, "gate"), inputOf(call, "up")];
  const y = call.backend.makeTensorInfo(gate.shape, "float32");
  const expression = "gate[i] * sigmoid(gate[i]) * up[i]";
  defer(call.backend, {
    inputs: [gate, up],
    outputs: [y],
    run: () => {
      entrywise({ key: "swiglu", inputs: ["gate", "up"], declarations: sigmoid, outputs: { y: expression } }, [y])(
        call,
      );
    },
    source: {
      key: "swiglu",
      inFeatures: gate.shape.at(-1) ?? 1,
      inputs: { gate, up },
      floats: {},
      text: () => `${sigmoid}
fn prepareRows(firstRow: u32, lane: u32, stores: bool) {}
fn sourceEntry(row: u32, inner: u32) -> f32 {
  let i = row * numbers.inFeatures + inner;
  return ${expression};
}`,
    },
  });
  return [y];
};

/** Inputs and outputs are those of the operations in `ops`. */
export const activations = {
  LowrankGeluTanh: gated("gelu tanh", tanhGate),
  LowrankGeluTanhGradient: gradient("gelu tanh gradient", tanhDerivative),
  LowrankGeluErf: gated("gelu erf", erfGate),
  LowrankGeluErfGradient: gradient("gelu erf gradient", erfDerivative),
  LowrankSilu: gated(
    "silu",
    `${sigmoid}
fn gate(x: f32) -> f32 { return sigmoid(x); }`,
  ),
  LowrankSiluGradient: gradient("silu gradient", siluDerivative),
  LowrankSwiglu: swiglu,
  LowrankSwigluGradient: entrywise({
    key: "swiglu gradient",
    inputs: ["dy", "gate", "up"],
    declarations: siluDerivative,
    outputs: { forGate: "dy[i] * up[i] * derivative(gate[i])", forUp: "dy[i] * gate[i] * sigmoid(gate[i])" },
  }),
};
