// Makes a model that can run with any adapter, or none: each node gets a branch whose A and B are inputs of the model.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { partPaths, partsIfAbsent } from "../adapter/adapter-changes.ts";
import { type Misfit, onnxMismatchError } from "../adapter/errors.ts";
import { type FloatType, floatTypeOf, type OnnxModel, type OnnxNode } from "../model/onnx-model.ts";
import { findSites } from "../sites/find-sites.ts";
import { NamedSites } from "../sites/match-sites.ts";
import type { OnnxSite } from "../sites/onnx-site.ts";
import { addBranch, type BranchNames } from "./branch.ts";
import { Edits } from "./edits.ts";
import type { FoldedOnnx, OnnxChange } from "./fold-adapter.ts";
import { inputMessage, tensorMessage } from "./messages.ts";

/** Names of the inputs that a module's branch reads. */
export function branchInputs(path: string): { readonly a: string; readonly b: string } {
  return { a: `lora/${path}/a`, b: `lora/${path}/b` };
}

/** The module whose branch reads that input, and whether the input is its A or B. */
export function branchOf(input: string): { readonly path: string; readonly matrix: "a" | "b" } | undefined {
  const [, path, matrix] = /^lora\/(.+)\/([ab])$/.exec(input) ?? [];
  return path === undefined ? undefined : { path, matrix: matrix as "a" | "b" };
}

/** Options of `makeSwitchable`. */
interface SwitchableOptions {
  /**
   * Who feeds A and B. "session" (the default): `SwitchableSession`, in JavaScript; A and B are required inputs. "adapter-files":
   * ONNX Runtime's own adapters (`writeOnnxAdapter`), in Python, C, C# and its GenAI; A and B are inputs with empty defaults.
   * ONNX Runtime in JavaScript never feeds inputs with a default.
   */
  readonly fedBy?: "session" | "adapter-files";
}

const optionNames: OptionNames<SwitchableOptions> = { fedBy: true };

/**
 * Plans a model whose linear modules `paths` (PEFT's paths, as in `loraMatricesIn`) read A and B from inputs of their own, of any
 * rank; rank 0 means no adapter. If one node computes queries, keys and values, each gets its own A and B.
 *
 * @throws ONNX_MISFIT listing modules without a node, with sizes that are not in the file, or that are switchable already
 *
 * @example
 * ```ts
 * import { type OnnxModel, makeSwitchable } from "@lowrank/merge/onnx";
 *
 * export function forRuntimes(model: OnnxModel, paths: readonly string[]) {
 *   return makeSwitchable(model, paths, { fedBy: "adapter-files" }).files;
 * }
 * ```
 */
export function makeSwitchable(
  model: OnnxModel,
  paths: readonly string[],
  options: SwitchableOptions = {},
): FoldedOnnx {
  refuseUnknownOptions("makeSwitchable", options, optionNames);
  const named = new NamedSites(findSites(model));
  const edits = new Edits(model);
  const problems: Misfit[] = [];
  const changes: OnnxChange[] = [];
  const branched = new Map<OnnxNode, string>();
  const isThere = (path: string) => typeof named.find(path, ["linear"]) !== "string";
  for (const path of new Set(paths.flatMap((path) => partsIfAbsent(path, partPaths, isThere)))) {
    const found = named.find(path, ["linear"]);
    const sites = typeof found === "string" ? [] : found;
    const branch = sites[0] && branchAt(path, sites[0]);
    const inputs = branch?.map(({ names }) => names.a).join() ?? "";
    if (typeof found === "string") problems.push({ what: path, reason: found });
    else if (branch === undefined)
      problems.push({ what: path, reason: "its sizes are missing in the file, or its states are not floats" });
    else if (branch.some(({ names }) => model.graph.inputs.has(names.a)))
      problems.push({ what: path, reason: "the model already has inputs for its A and B" });
    else if (sites.some(({ node }) => (branched.get(node) ?? inputs) !== inputs))
      problems.push({ what: path, reason: "another module matches the same node" });
    else {
      if (sites.every(({ node }) => !branched.has(node))) for (const lora of branch) addInputs(edits, lora, options);
      for (const site of sites) {
        const names = branch.map((lora) => lora.names);
        if (!branched.has(site.node)) addBranch(edits, site, names);
        branched.set(site.node, inputs);
        changes.push({ path, at: site.output, how: "branch" });
      }
    }
  }
  if (problems.length > 0) throw onnxMismatchError(model.name, problems);
  return { changes, files: edits.files() };
}

interface LoraInputs {
  readonly path: string;
  readonly names: BranchNames;
  readonly features: readonly [number, number];
  readonly type: FloatType;
}

/** The inputs A and B of a site; of a joined site, those of each module. */
function branchAt(path: string, { features, stateType, joined }: OnnxSite): readonly LoraInputs[] | undefined {
  const type = floatTypeOf(stateType);
  if (features === undefined || type === undefined) return undefined;
  const all = joined?.modules.map((module) => path.replace(/[^.]+$/, module)) ?? [path];
  return all.map((one, index) => {
    const width = joined?.widths[index] ?? features[1];
    return { path: one, names: branchInputs(one), features: [features[0], width], type };
  });
}

function addInputs(
  edits: Edits,
  { path, names, features, type }: LoraInputs,
  { fedBy = "session" }: SwitchableOptions,
) {
  const [inputs, outputs] = features;
  const rank = `rank of ${path}`;
  edits.addInput(inputMessage(names.a, [inputs, rank], type));
  edits.addInput(inputMessage(names.b, [rank, outputs], type));
  if (fedBy === "session") return;
  edits.addTensor(tensorMessage(names.a, { shape: [inputs, 0], values: new Float32Array() }, type));
  edits.addTensor(tensorMessage(names.b, { shape: [0, outputs], values: new Float32Array() }, type));
}
