// Plans how a graph runs around its adapted layers. The part before the first adapted layer is one call of TensorFlow.js's executor,
// outside the tape. After it, stages alternate: all nodes that can run before the next adapted layers, then the sites of these layers.

import type { Application } from "../applications/application.ts";
import { graphNameError, type NamedNode, staleInputError } from "../errors.ts";
import { type Graph, type GraphNode, nodeOfReference, type Reference } from "../reading/graph.ts";
import { isDynamic } from "./dynamic-operations.ts";

export interface StageRequest {
  readonly graph: Graph;
  /** The values that the caller gives. */
  readonly feeds: ReadonlySet<Reference>;
  readonly wanted: readonly Reference[];
  /** Nodes that sites compute, by name. */
  readonly applications: ReadonlyMap<string, Application>;
  /** Constants with replaced values. */
  readonly changed: ReadonlySet<string>;
}

export type Stage =
  | {
      readonly kind: "nodes";
      readonly nodes: readonly GraphNode[];
      readonly reads: readonly Reference[];
      readonly makes: readonly Reference[];
      /** Nodes that only an asynchronous call can run. */
      readonly dynamic: readonly NamedNode[];
    }
  | { readonly kind: "site"; readonly application: Application; readonly reads: readonly Reference[] };

/** A call of a graph as a list of steps. */
export interface StagePlan {
  /** The values of the frozen part that later steps need. */
  readonly frozen: readonly Reference[];
  readonly dynamicBefore: readonly NamedNode[];
  readonly stages: readonly Stage[];
}

/** @throws GRAPH_NAME for an input that is missing; GRAPH_INPUT_STALE for one that an adapter would change */
export function planStages(request: StageRequest): StagePlan {
  const { graph, feeds, wanted, applications, changed } = request;
  const order = neededNodes(request);
  const levels = new Map<string, number>(); // how many adapted layers a node comes after; none for nodes before all of them
  const reads = new Map(order.map((node) => [node.name, readsOf(node, applications)]));
  const levelOf = (reference: Reference) => (feeds.has(reference) ? undefined : levels.get(nodeOfReference(reference)));
  for (const node of order) {
    if (changed.has(node.name)) levels.set(node.name, 0);
    const inputs = (reads.get(node.name) ?? []).map(levelOf).filter((level) => level !== undefined);
    const isSite = applications.has(node.name);
    if (inputs.length > 0 || isSite) levels.set(node.name, Math.max(0, ...inputs) + (isSite ? 1 : 0));
  }
  refuseStale(request, levels);
  const dependentNodes = order.filter(({ name }) => levels.has(name) && !changed.has(name));
  const isFrozen = (reference: Reference) =>
    !feeds.has(reference) &&
    levelOf(reference) === undefined &&
    graph.nodes.get(nodeOfReference(reference))?.op !== "Const";
  const consumed = new Set([...dependentNodes.flatMap(({ name }) => reads.get(name) ?? []), ...wanted]);
  const facts = { request, levels, reads, dependentNodes };
  const lastLevel = Math.max(-1, ...levels.values());
  const stages = Array.from({ length: lastLevel + 1 }, (_, level) => stagesOf(level, facts)).flat();
  const dynamicNodes = order.filter((node) => !levels.has(node.name) && isDynamic(node));
  return {
    frozen: [...consumed].filter(isFrozen),
    dynamicBefore: dynamicNodes.map(({ name, op }) => ({ node: name, op })),
    stages,
  };
}

/** All nodes that the wanted values need, in topological order: a depth-first search with a stack instead of recursion. */
function neededNodes({ graph, feeds, wanted, applications }: StageRequest): readonly GraphNode[] {
  const order: GraphNode[] = [];
  const seen = new Set<string>();
  const missing: string[] = [];
  const stack: { readonly reference: Reference; readonly areInputsDone: boolean }[] = [];
  for (const reference of [...wanted].reverse()) stack.push({ reference, areInputsDone: false });
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const name = nodeOfReference(next.reference);
    const node = graph.nodes.get(name);
    if (node === undefined) throw graphNameError("unknown", [next.reference], [...inputNames(graph)]);
    if (next.areInputsDone) order.push(node);
    if (next.areInputsDone || seen.has(name) || feeds.has(next.reference)) continue;
    seen.add(name);
    if (node.op.startsWith("Placeholder") && !graph.captured.has(name) && node.inputs.length === 0) missing.push(name);
    stack.push({ reference: next.reference, areInputsDone: true });
    for (const reference of [...readsOf(node, applications)].reverse()) stack.push({ reference, areInputsDone: false });
  }
  if (missing.length > 0) throw graphNameError("missing", missing, [...inputNames(graph)]);
  return order;
}

function inputNames({ nodes }: Graph): readonly string[] {
  return [...nodes.values()].filter(({ op }) => op.startsWith("Placeholder")).map(({ name }) => name);
}

/** The inputs of a node. A site has its own weight, so it reads only its input and the fused operands. */
export function readsOf(node: GraphNode, applications: ReadonlyMap<string, Application>): readonly Reference[] {
  const application = applications.get(node.name);
  if (application === undefined) return node.inputs;
  const { input, bias, activation } = application;
  return [input, ...(bias === undefined ? [] : [bias]), ...(activation?.kind === "prelu" ? [activation.alphas] : [])];
}

/** Throws if a given value depends on an adapted layer, because it was computed without the adapter. */
function refuseStale({ graph, feeds, applications, changed }: StageRequest, levels: ReadonlyMap<string, number>): void {
  if (levels.size === 0 && applications.size === 0) return;
  const isInput = (reference: Reference) => graph.nodes.get(nodeOfReference(reference))?.inputs.length === 0;
  const dependent = new Map<string, boolean>();
  const stale = [...feeds].filter((reference) => !isInput(reference) && dependsOnAdapter(nodeOfReference(reference)));
  if (stale.length > 0) throw staleInputError(stale);

  function dependsOnAdapter(start: string): boolean {
    const stack = [start];
    const seen = new Set<string>();
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (applications.has(name) || changed.has(name) || dependent.get(name)) {
        dependent.set(start, true);
        return true;
      }
      if (seen.has(name)) continue;
      seen.add(name);
      for (const reference of graph.nodes.get(name)?.inputs ?? []) stack.push(nodeOfReference(reference));
    }
    return false;
  }
}

interface StageFacts {
  readonly request: StageRequest;
  readonly levels: ReadonlyMap<string, number>;
  readonly reads: ReadonlyMap<string, readonly Reference[]>;
  readonly dependentNodes: readonly GraphNode[];
}

/** The nodes after `level` adapted layers, and then the sites that they lead to. */
function stagesOf(level: number, { request, levels, reads, dependentNodes }: StageFacts): readonly Stage[] {
  const { applications, wanted } = request;
  const isOfLevel = ({ name }: GraphNode) => levels.get(name) === level && !applications.has(name);
  const nodes = dependentNodes.filter(isOfLevel);
  const localNames = new Set(nodes.map(({ name }) => name));
  const isLocal = (reference: Reference) => !request.feeds.has(reference) && localNames.has(nodeOfReference(reference));
  const inputsOf = (node: GraphNode) => reads.get(node.name) ?? [];
  const otherNodes = dependentNodes.filter((node) => !localNames.has(node.name));
  const readElsewhere = new Set([...otherNodes.flatMap(inputsOf), ...wanted]);
  const sites = dependentNodes.flatMap((node): Stage[] => {
    const application = applications.get(node.name);
    return application !== undefined && levels.get(node.name) === level + 1
      ? [{ kind: "site", application, reads: inputsOf(node) }]
      : [];
  });
  if (nodes.length === 0) return sites;
  const stage: Stage = {
    kind: "nodes",
    nodes,
    reads: [...new Set(nodes.flatMap(inputsOf))].filter((reference) => !isLocal(reference)),
    makes: [...readElsewhere].filter(isLocal),
    dynamic: nodes.filter(isDynamic).map(({ name, op }) => ({ node: name, op })),
  };
  return [stage, ...sites];
}
