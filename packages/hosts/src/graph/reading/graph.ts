// Reads the inference graph of a tf.GraphModel as plain data, from the artifacts that TensorFlow.js keeps for saving the model.

import type { GraphModel } from "@tensorflow/tfjs-converter";
import { graphWithoutWeightsError, unreadableGraphError } from "../errors.ts";
import { field, NodeAttributes } from "./node-attributes.ts";

/** One output of a node: the node's name, and a colon with the index if there are several. */
export type Reference = string;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Its inputs in order, without control inputs. */
  readonly inputs: readonly Reference[];
  readonly attributes: NodeAttributes;
  /** The entry of model.json. */
  readonly definition: NodeDefinition;
}

/** A node in a model.json. */
export interface NodeDefinition {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** A graph: its nodes, and the names of its inputs and outputs. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly outputs: readonly Reference[];
  /** Inputs that TensorFlow.js sets itself: hash tables. */
  readonly captured: ReadonlySet<string>;
  /** Functions that control flow calls, as in model.json. */
  readonly library: unknown;
  /** The reference for a name of the signature. Any other name is a reference itself. */
  reference(name: string): Reference;
}

/** @throws GRAPH_UNREADABLE, GRAPH_WITHOUT_WEIGHTS */
export function readGraph(model: GraphModel): Graph {
  const topology = field(field(model, "artifacts"), "modelTopology");
  const definitions = field(topology, "node");
  if (!Array.isArray(definitions) || !definitions.every(isDefinition)) throw unreadableGraphError();
  const nodes = new Map(definitions.map((definition) => [definition.name, nodeOf(definition)]));
  const unweighted = [...nodes.values()].filter(({ name, op }) => op === "Const" && model.weights[name] === undefined);
  if (unweighted.length > 0) throw graphWithoutWeightsError(unweighted.map(({ name }) => name));
  const signature = new Map([...entries(model, "inputs"), ...entries(model, "outputs")]);
  const reference = (name: string) => withoutZero(signature.get(name)?.name ?? name);
  return {
    nodes,
    outputs: model.outputNodes.map(reference),
    captured: new Set([...signature.values()].flatMap((entry) => (entry.isCaptured ? withoutZero(entry.name) : []))),
    library: field(topology, "library"),
    reference,
  };
}

export function nodeOfReference(reference: Reference): string {
  return reference.split(":")[0] ?? reference;
}

function nodeOf(definition: NodeDefinition): GraphNode {
  const { name, op, input = [], attr = {} } = definition;
  const inputs = input.filter((reference) => !reference.startsWith("^")).map(withoutZero);
  return { name, op, inputs, attributes: new NodeAttributes(attr), definition };
}

interface SignatureEntry {
  readonly name: string;
  readonly isCaptured: boolean;
}

function entries(model: GraphModel, side: "inputs" | "outputs"): readonly (readonly [string, SignatureEntry])[] {
  const named = field(model.modelSignature, side);
  if (typeof named !== "object" || named === null) return [];
  return Object.entries(named).flatMap(([key, entry]) => {
    const name = field(entry, "name");
    return typeof name === "string" ? [[key, { name, isCaptured: field(entry, "resourceId") != null }] as const] : [];
  });
}

function withoutZero(reference: string): Reference {
  return reference.endsWith(":0") ? reference.slice(0, -2) : reference;
}

function isDefinition(value: unknown): value is NodeDefinition {
  return typeof field(value, "name") === "string" && typeof field(value, "op") === "string";
}
