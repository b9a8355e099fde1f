// Finds the products with weights in a graph, in the forms of torch's exporters, optimum, ONNX Runtime's quantizer and its GenAI
// model builder.

import { attributesOf, constantIntegers, integersIn, transposesMatrix } from "../model/node-attributes.ts";
import {
  elementTypes,
  floatTypeOf,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "../model/onnx-model.ts";
import { namesOf } from "./match-sites.ts";
import type { OnnxSite, OnnxWeight } from "./onnx-site.ts";

/** The names that are valid in a graph: its own, and those of the graphs around it. */
interface Scope {
  readonly graph: OnnxGraph;
  readonly producers: ReadonlyMap<string, OnnxNode>;
  readonly consumers: ReadonlyMap<string, readonly OnnxNode[]>;
  readonly outer: Scope | undefined;
}

/** The fields of a site that its node and weight decide; absent fields follow from these. */
type Found = Pick<OnnxSite, "kind" | "input"> & Partial<Pick<OnnxSite, "weight" | "stateType" | "last" | "features">>;

/** All sites, also those in the branches of an `If`. */
export function findSites({ graph }: OnnxModel): readonly OnnxSite[] {
  return [...sitesIn(scopeOf(graph, undefined))];
}

function scopeOf(graph: OnnxGraph, outer: Scope | undefined): Scope {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of graph.nodes)
    for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  return { graph, producers, consumers, outer };
}

function* sitesIn(scope: Scope): Generator<OnnxSite> {
  for (const node of scope.graph.nodes) {
    const found = finders[`${node.domain}:${node.opType}`]?.(node, scope);
    if (found !== undefined) {
      const { kind, input, weight, last = node } = found;
      const site: OnnxSite = {
        kind,
        names: namesOf(node, weight?.tensor.name ?? node.inputs[1]),
        node,
        input,
        output: last.outputs[0] ?? "",
        last,
        weight,
        stateType: found.stateType ?? weight?.tensor.elementType ?? elementTypes.F32,
        features: found.features ?? (weight && featuresOf(weight.tensor.shape, weight.layout)),
        joined: undefined,
      };
      yield site;
      yield* joinedSites(site, scope);
    }
    for (const inner of node.graphs) yield* sitesIn(scopeOf(inner, scope));
  }
}

const microsoft = "com.microsoft";

/** By domain and operator. A node without a frozen weight is no site: attention multiplies states by states. */
const finders: Readonly<Record<string, (node: OnnxNode, scope: Scope) => Found | undefined>> = {
  ":MatMul": ({ inputs: [input = "", weight = ""] }, scope) => {
    const found = weightOf(weight, scope, "in-out");
    return found === undefined ? dequantized(input, weight, scope) : { kind: "linear", input, weight: found };
  },
  ":Gemm": (node, scope) => {
    const [input = "", weight = ""] = node.inputs;
    const attributes = attributesOf(node);
    // No exporter writes a linear layer with a factor or a transposed input.
    if ((attributes.get("alpha") ?? 1) !== 1 || (attributes.get("transA") ?? 0) !== 0) return undefined;
    const found = weightOf(weight, scope, (attributes.get("transB") ?? 0) === 0 ? "in-out" : "out-in");
    return found && { kind: "linear", input, weight: found };
  },
  ":Gather": (node, scope) => {
    const [table = "", input = ""] = node.inputs;
    const found = weightOf(table, scope, "in-out");
    if ((attributesOf(node).get("axis") ?? 0) !== 0) return undefined;
    return found && { kind: "embedding", input, weight: found };
  },
  ":Conv": (node, scope) => {
    const [input = "", kernel = ""] = node.inputs;
    const tensor = tensorNamed(kernel, scope);
    if (tensor === undefined || floatTypeOf(tensor.elementType) === undefined) return undefined;
    if ((attributesOf(node).get("group") ?? 1) !== 1) return undefined;
    return { kind: "convolution", input, weight: { tensor, layout: "out-in" } };
  },
  [`${microsoft}:MatMulNBits`]: (node, scope) => {
    const [input = "", , scales = ""] = node.inputs;
    const type = tensorNamed(scales, scope)?.elementType;
    const attributes = attributesOf(node);
    const features = [attributes.get("K") ?? 0, attributes.get("N") ?? 0] as const;
    return type === undefined ? undefined : { kind: "linear", input, stateType: type, features };
  },
  [`${microsoft}:DynamicQuantizeMatMul`]: ({ inputs: [input = "", weight = ""] }, scope) => ({
    kind: "linear",
    input,
    ...storedFeatures(weight, scope),
  }),
  // ONNX Runtime's quantizer: DynamicQuantizeLinear → MatMulInteger → Cast → Mul.
  ":MatMulInteger": (node, scope) => {
    const rounded = scope.producers.get(node.inputs[0] ?? "");
    const cast = onlyConsumer(node, scope, "Cast");
    const scaled = cast && onlyConsumer(cast, scope, "Mul");
    if (rounded?.opType !== "DynamicQuantizeLinear" || scaled === undefined) return undefined;
    const [input = ""] = rounded.inputs;
    return { kind: "linear", input, last: scaled, ...storedFeatures(node.inputs[1] ?? "", scope) };
  },
};

function onlyConsumer(node: OnnxNode, scope: Scope, opType: string): OnnxNode | undefined {
  const consumers = scope.consumers.get(node.outputs[0] ?? "") ?? [];
  return consumers.length === 1 && consumers[0]?.opType === opType ? consumers[0] : undefined;
}

/** A float matrix in the file, which may be transposed before its use. */
function weightOf(name: string, scope: Scope, layout: OnnxWeight["layout"]): OnnxWeight | undefined {
  const tensor = tensorNamed(name, scope);
  if (tensor !== undefined) {
    const isMatrix = tensor.shape.length === 2 && floatTypeOf(tensor.elementType) !== undefined;
    return isMatrix ? { tensor, layout } : undefined;
  }
  const producer = producerOf(name, scope);
  const [inner = ""] = producer?.inputs ?? [];
  if (producer?.opType === "Identity") return weightOf(inner, scope, layout);
  if (producer?.opType === "Transpose" && transposesMatrix(producer))
    return weightOf(inner, scope, layout === "in-out" ? "out-in" : "in-out");
  return undefined;
}

/** A product with a weight that is dequantized from integers in the file. */
function dequantized(input: string, weight: string, scope: Scope, isTransposed = false): Found | undefined {
  const producer = producerOf(weight, scope);
  const [numbers = "", scales = ""] = producer?.inputs ?? [];
  if (producer?.opType === "Identity") return dequantized(input, numbers, scope, isTransposed);
  if (producer?.opType === "Transpose" && transposesMatrix(producer))
    return dequantized(input, numbers, scope, !isTransposed);
  const scale = tensorNamed(scales, scope);
  if (producer?.opType !== "DequantizeLinear" || scale === undefined) return undefined;
  return { kind: "linear", input, stateType: scale.elementType, ...storedFeatures(numbers, scope, isTransposed) };
}

function storedFeatures(name: string, scope: Scope, isTransposed = false): Pick<Found, "features"> {
  const shape = tensorNamed(name, scope)?.shape;
  return shape === undefined ? {} : { features: featuresOf(shape, isTransposed ? "out-in" : "in-out") };
}

function featuresOf(shape: readonly number[], layout: OnnxWeight["layout"]): readonly [number, number] {
  const [first = 0, second = 0] = shape;
  return layout === "in-out" ? [first, second] : [second, first];
}

function integersOf(name: string, scope: Scope): readonly number[] | undefined {
  const tensor = tensorNamed(name, scope)?.message;
  if (tensor !== undefined) return integersIn(tensor);
  const producer = producerOf(name, scope);
  return producer?.opType === "Constant" ? constantIntegers(producer) : undefined;
}

function producerOf(name: string, scope: Scope | undefined): OnnxNode | undefined {
  return scope && (scope.producers.get(name) ?? producerOf(name, scope.outer));
}

function tensorNamed(name: string, scope: Scope | undefined): OnnxTensor | undefined {
  return scope && (scope.graph.tensors.get(name) ?? tensorNamed(name, scope.outer));
}

const modules = ["q_proj", "k_proj", "v_proj"];

/** A site for each module of a fused product of queries, keys and values; none for other products. */
function joinedSites(site: OnnxSite, scope: Scope): readonly OnnxSite[] {
  const { features } = site;
  const names = site.names.filter((name) => /(^|\.)qkv_proj$/.test(name));
  if (features === undefined || names.length === 0) return [];
  const widths = widthsOf(site.output, features[1], scope);
  const sum = widths?.reduce((one, other) => one + other, 0);
  if (widths?.length !== modules.length || sum !== features[1]) return [];
  return modules.map((module, index) => ({
    ...site,
    names: names.map((name) => name.replace(/qkv_proj$/, module)),
    features: [features[0], widths[index] ?? 0],
    joined: { modules, widths, index },
  }));
}

/** outFeatures of queries, keys and values, from the node that splits them or from GroupQueryAttention. */
function widthsOf(output: string, outFeatures: number, scope: Scope): readonly number[] | undefined {
  const first = scope.consumers.get(output)?.[0];
  const biased = first?.opType === "Add" ? (first.outputs[0] ?? "") : output;
  const node = biased === output ? first : scope.consumers.get(biased)?.[0];
  if (node?.opType === "Split" && node.inputs[0] === biased) return integersOf(node.inputs[1] ?? "", scope);
  const [query, key = ""] = node?.inputs ?? [];
  if (node?.opType !== "GroupQueryAttention" || query !== biased || key !== "") return undefined;
  const attributes = attributesOf(node);
  const [queries, keys] = [attributes.get("num_heads") ?? 0, attributes.get("kv_num_heads") ?? 0];
  const width = outFeatures / (queries + 2 * keys);
  return Number.isInteger(width) ? [queries * width, keys * width, keys * width] : undefined;
}
