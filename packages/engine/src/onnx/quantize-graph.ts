// A graph with its large matrices in 8 bits, as ONNX Runtime's dynamic quantization makes one: activations are rounded at run
// time, weights here, with a scale for each output. https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html

import type { OnnxConstant, OnnxGraph, OnnxNode } from "../engines/native/runtime/onnx-model.ts";
import { packInt8 } from "../packed/pack-int8.ts";
import { neededParts } from "./needed-parts.ts";

/** Matrices with fewer numbers stay as they are: a head of few classes needs its digits and takes no memory. */
const smallest = 2 ** 14;

/**
 * The code of 0; flipping this bit of a signed code adds it. Codes are unsigned, because products of signed ones with activations
 * overflow 16 bits on processors with AVX2 and without VNNI, and ONNX Runtime does not notice.
 */
const middle = 128;

/** Matrices that are multiplied or looked up are rounded; all else is the same. */
export function quantizeGraph(graph: OnnxGraph): OnnxGraph {
  const constants = new Map(graph.constants?.map((constant) => [constant.name, constant]));
  const transposes = new Map(
    graph.nodes.filter(({ op }) => op === "Transpose").map((node) => [node.outputs[0] ?? "", node.inputs[0] ?? ""]),
  );
  const added = new Map<string, OnnxConstant>([
    ["middle", { name: "middle", type: "uint8", shape: [], values: Uint8Array.of(middle) }],
    ["middle_float", { name: "middle_float", type: "float32", shape: [], values: Float32Array.of(middle) }],
  ]);
  const rounded = new Map<string, readonly OnnxNode[]>();

  /** Names of the codes [outputs, inputs] and scales of a matrix, which rows or columns are the outputs of. */
  const codesOf = (name: string, layout: "in-out" | "out-in"): readonly [codes: string, scales: string] | undefined => {
    const matrix = constants.get(name);
    const [rows = 0, columns = 0] = matrix?.shape ?? [];
    if (matrix?.type !== "float32" || matrix.shape.length !== 2 || rows * columns < smallest) return undefined;
    const names = [`${name}_codes_${layout}`, `${name}_scales_${layout}`] as const;
    if (added.has(names[0])) return names;
    const packed = packInt8(matrix.values as Float32Array, { rows, columns, layout });
    if (packed === undefined) return undefined;
    const { outFeatures, inFeatures, codes, scales } = packed;
    added.set(names[0], {
      name: names[0],
      type: "uint8",
      shape: [outFeatures, inFeatures],
      values: new Uint8Array(codes.buffer, codes.byteOffset, codes.length).map((byte) => byte ^ middle),
    });
    added.set(names[1], { name: names[1], type: "float32", shape: [outFeatures, 1], values: scales });
    return names;
  };

  const product = ({ inputs: [x = "", weight = ""], outputs: [y = ""] }: OnnxNode): readonly OnnxNode[] | undefined => {
    const stored = transposes.get(weight);
    const names = stored === undefined ? codesOf(weight, "in-out") : codesOf(stored, "out-in");
    if (names === undefined) return undefined;
    const nameOf = (part: string) => `${y}_${part}`;
    const quantized = ["codes", "scale", "zero"].map((part) => `${x}_${part}`);
    const [codes = "", scale = "", zero = ""] = quantized;
    const first = rounded.has(x) ? [] : [{ op: "DynamicQuantizeLinear", inputs: [x], outputs: quantized }];
    rounded.set(x, first);
    return [
      ...first,
      { op: "Transpose", inputs: [names[0]], outputs: [nameOf("matrix")], attributes: { perm: [1, 0] } },
      { op: "Transpose", inputs: [names[1]], outputs: [nameOf("scales")], attributes: { perm: [1, 0] } },
      { op: "MatMulInteger", inputs: [codes, nameOf("matrix"), zero, "middle"], outputs: [nameOf("whole")] },
      { op: "Cast", inputs: [nameOf("whole")], outputs: [nameOf("float")], attributes: { to: 1 } },
      { op: "Mul", inputs: [scale, nameOf("scales")], outputs: [nameOf("scale")] },
      { op: "Mul", inputs: [nameOf("float"), nameOf("scale")], outputs: [y] },
    ];
  };

  const lookUp = ({ inputs: [table = "", ids = ""], outputs: [y = ""] }: OnnxNode): readonly OnnxNode[] | undefined => {
    const names = codesOf(table, "out-in");
    if (names === undefined) return undefined;
    const [codes, scales] = [`${y}_codes`, `${y}_scales`];
    return [
      { op: "Gather", inputs: [names[0], ids], outputs: [codes] },
      { op: "Gather", inputs: [names[1], ids], outputs: [scales] },
      { op: "Cast", inputs: [codes], outputs: [`${y}_float`], attributes: { to: 1 } },
      { op: "Sub", inputs: [`${y}_float`, "middle_float"], outputs: [`${y}_centred`] },
      { op: "Mul", inputs: [`${y}_centred`, scales], outputs: [y] },
    ];
  };

  const nodes = graph.nodes.flatMap((node) => {
    if (node.op === "MatMul") return product(node) ?? [node];
    return node.op === "Gather" && node.attributes?.axis === 0 ? (lookUp(node) ?? [node]) : [node];
  });
  return neededParts({ ...graph, nodes, constants: [...constants.values(), ...added.values()] });
}
