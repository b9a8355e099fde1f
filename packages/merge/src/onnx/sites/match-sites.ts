// Finds the sites of an adapter's paths.

import { editDistance, printable } from "@lowrank/contracts/internal";
import { noNode } from "../adapter/errors.ts";
import type { OnnxNode } from "../model/onnx-model.ts";
import type { OnnxSite } from "./onnx-site.ts";

/** The sites of a model by the exporters' names. */
export class NamedSites {
  readonly #byName = new Map<string, OnnxSite[]>();

  constructor(sites: readonly OnnxSite[]) {
    for (const site of sites) {
      for (const name of site.names) this.#byName.set(name, [...(this.#byName.get(name) ?? []), site]);
    }
  }

  /**
   * All sites of a module: several if the branches of an `If` each compute it. The path and the export may have different
   * prefixes. Returns a reason if no module or more than one matches.
   */
  find(path: string, kinds: readonly OnnxSite["kind"][]): readonly OnnxSite[] | string {
    const names = this.#namesFor(path);
    const all = [...new Set(names.flatMap((name) => this.#byName.get(name) ?? []))];
    const ofKind = all.filter(({ kind }) => kinds.includes(kind));
    if (ofKind.length === 0) return `${noNode}${this.#nearest(path)}`;
    // A weight's name may be that of another module that shares it.
    const byFirstName = ofKind.filter(({ names: [firstName = ""] }) => names.includes(firstName));
    const found = byFirstName.length > 0 ? byFirstName : ofKind;
    const modules = new Set(found.map(({ names: [firstName = ""] }) => firstName));
    if (modules.size > 1) return `several modules match: ${[...modules].map(printable).join(", ")}`;
    return found;
  }

  #namesFor(path: string): readonly string[] {
    if (this.#byName.has(path)) return [path];
    return [...this.#byName.keys()].filter((name) => isSameEnd(name, path));
  }

  #nearest(path: string): string {
    const distances = [...this.#byName.keys()].map((name) => [editDistance(name, path), name] as const);
    const nearest = distances.sort(([one], [other]) => one - other).slice(0, 3);
    if (nearest.length === 0) return "; the model has no node with a frozen weight";
    return `; the nearest are ${nearest.map(([, name]) => printable(name)).join(", ")}`;
  }
}

/** Whether two names mean the same module: one may have additional modules before it. */
export function isSameEnd(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

/** Names of a node, the most reliable first: from the newer exporter's metadata, from the weight, from the node. */
export function namesOf({ name, scopes }: OnnxNode, weight: string | undefined): readonly string[] {
  const names = [
    // The innermost entry is the operation itself.
    scopes.at(-2) ?? "",
    weight === undefined ? "" : ofWeight(weight),
    // "/model/layers.0/self_attn/q_proj/MatMul"
    name.includes("/") ? name.split("/").slice(0, -1).filter(Boolean).join(".") : "",
  ];
  // ONNX Runtime's GenAI builder names every attention "attn".
  const spellings = names.flatMap((name) => [name, name.replace(/(^|\.)attn\./, "$1self_attn.")]);
  return [...new Set(spellings.filter((name) => name !== ""))];
}

/** "x.q_proj.weight", the GenAI builder's "x.q_proj.MatMul.weight", a quantizer's "x.q_proj.weight_quantized". */
function ofWeight(name: string): string {
  const end = name.lastIndexOf(".");
  if (end < 0 || !/^\.weight(_|$)/.test(name.slice(end))) return "";
  return name.slice(0, end).replace(/\.MatMul$/, "");
}
