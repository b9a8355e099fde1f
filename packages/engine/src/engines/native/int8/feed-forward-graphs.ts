// The graphs between two 8-bit products, forward and backward.

import { GraphWriter } from "../kernels/graph.ts";
import type { OnnxConstant, OnnxGraph } from "../runtime/onnx-model.ts";
import { codesOfRows } from "./int8-rows.ts";
import { largestOfRows } from "./native-rounding.ts";
import { zeroPoint } from "./product-session.ts";

/** Which gelu, as the operation names it. */
export type GeluKind = "erf" | "tanh";

export interface ActivatingOptions {
  readonly gelu: GeluKind;
  readonly isDifferentiated: boolean;
  readonly hasBias: boolean;
}

/** Derivatives are between −0.13 and 1.13. Most are 0 or 1, which codes hold exactly; others are off by half a step at most. */
const derivativeStep = 0.005;
const derivativeZero = 28;

/** A matrix in a graph, and the scale that turns its entries into the real values. */
interface Activated {
  readonly value: string;
  readonly factor: number;
  readonly derivative?: { readonly value: string; readonly factor: number };
}

/** Sums [rows, hidden], factors [rows, 1], a bias → activated rows as codes, their factors and, for the gradient, codes of derivatives. */
export function activatingGraph({ gelu, isDifferentiated, hasBias }: ActivatingOptions): OnnxGraph {
  const g = new GraphWriter(["sums", "factors", ...(hasBias ? ["bias"] : [])].map((name) => ({ name })));
  const scaledBy = (factor: number) => {
    const by = (name: string) => (factor === 1 ? name : g.scale(name, factor));
    const product = g.multiply("sums", by("factors"));
    return hasBias ? g.add(product, by("bias")) : product;
  };
  const { value, factor, derivative } = isDifferentiated
    ? withDerivatives[gelu](g, scaledBy)
    : activatedAlone(g, gelu, scaledBy);
  // A row is NaN if its factor is NaN; a bias affects all rows.
  const trouble = hasBias ? g.add("factors", g.node("ReduceSum", ["bias"], { keepdims: 1 })) : "factors";
  const rounded = roundedRows(g, value, g.scale(trouble, 0));
  const factors = g.scale(rounded.factors, factor);
  if (derivative === undefined) return finish(g, [rounded.codes], factors);
  const codes = g.node("QuantizeLinear", [derivative.value, derivativeScale(g, derivative.factor), "derivativeZero"]);
  return finish(g, [rounded.codes, codes], factors);
}

/** Sums [rows, hidden], codes of derivatives and factors [rows, 1] → their product as codes, and its factors. */
export function slopedGraph(): OnnxGraph {
  const g = new GraphWriter([{ name: "sums" }, { name: "derivatives", type: "uint8" }, { name: "factors" }]);
  const derivatives = g.node("DequantizeLinear", ["derivatives", derivativeScale(g, 1), "derivativeZero"]);
  const rounded = roundedRows(g, g.multiply("sums", derivatives), g.scale("factors", 0));
  return finish(g, [rounded.codes], g.multiply(rounded.factors, "factors"));
}

function activatedAlone(g: GraphWriter, gelu: GeluKind, scaledBy: (factor: number) => string): Activated {
  return { value: g.node("Gelu", [scaledBy(1)], { approximate: gelu === "tanh" ? "tanh" : "none" }), factor: 1 };
}

const withDerivatives: Readonly<Record<GeluKind, (g: GraphWriter, scaledBy: (factor: number) => string) => Activated>> =
  {
    /** With t = x/√2 and F = 1 + erf t: x·Φ(x) = t·F/√2, and its derivative is (F + 2/√π·t·exp(−t²))/2. */
    erf(g, scaledBy) {
      const t = scaledBy(Math.SQRT1_2);
      const risen = g.shift(g.node("Erf", [t]), 1);
      const density = g.node("Exp", [g.subtract(g.constant(Math.log(2 / Math.sqrt(Math.PI))), g.multiply(t, t))]);
      const derivative = { value: g.add(risen, g.multiply(t, density)), factor: 0.5 };
      return { value: g.multiply(t, risen), factor: Math.SQRT1_2, derivative };
    },
    /** With g = σ(x·(r + c·r·x²)) and r = 2√(2/π): x·g, and its derivative is g·(1 + x·(r + 3·c·r·x²)·(1 − g)). */
    tanh(g, scaledBy) {
      const [cubic, root] = [0.044715, 2 * Math.sqrt(2 / Math.PI)];
      const x = scaledBy(1);
      const square = g.multiply(x, x);
      const gate = g.sigmoid(g.multiply(x, g.shift(g.scale(square, cubic * root), root)));
      const steepness = g.multiply(x, g.shift(g.scale(square, 3 * cubic * root), root));
      const rest = g.multiply(steepness, g.subtract(g.constant(1), gate));
      return {
        value: g.multiply(x, gate),
        factor: 1,
        derivative: { value: g.multiply(gate, g.shift(rest, 1)), factor: 1 },
      };
    },
  };

function roundedRows(g: GraphWriter, x: string, trouble: string) {
  const factors = g.scale(largestOfRows(g, x, trouble), 1 / 127);
  return { codes: codesOfRows(g, x, factors), factors };
}

/** A quantization step, and the scale that turns codes into the real values. */
function derivativeScale(g: GraphWriter, factor: number): string {
  return g.constant(derivativeStep / factor);
}

function finish(g: GraphWriter, [codes = "", derivatives]: readonly string[], factors: string): OnnxGraph {
  const outputs = derivatives === undefined ? [codes, factors] : [codes, factors, derivatives];
  const bytes = derivatives === undefined ? [codes] : [codes, derivatives];
  const constant = (name: string, value: number): OnnxConstant => {
    return { name, type: "uint8", shape: [], values: Uint8Array.of(value) };
  };
  return {
    ...g.finish(...outputs),
    outputTypes: Object.fromEntries(bytes.map((name) => [name, "uint8" as const])),
    constants: [constant("zero", zeroPoint), constant("derivativeZero", derivativeZero)],
  };
}
