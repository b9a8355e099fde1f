// Queries, keys and values of one product, as ONNX Runtime's GenAI builder joins them: an adapter has a pair for each, and the
// model one weight.

import { attributesOf } from "../model/node-attributes.ts";
import type { OnnxNode } from "../model/onnx-model.ts";
import type { OnnxSite } from "./onnx-site.ts";

/** What is asked of the graph around a site. */
export interface Surroundings {
  usersOf(output: string): readonly OnnxNode[];
  /** Whole numbers that the file has under that name. */
  integersOf(name: string): readonly number[] | undefined;
}

const modules = ["q_proj", "k_proj", "v_proj"];

/** A site for each module that the site's product is joined of; none where it is a module of its own. */
export function joinedSites(site: OnnxSite, around: Surroundings): readonly OnnxSite[] {
  const { features } = site;
  const names = site.names.filter((name) => /(^|\.)qkv_proj$/.test(name));
  if (features === undefined || names.length === 0) return [];
  const widths = widthsOf(site.output, features[1], around);
  const sum = widths?.reduce((one, other) => one + other, 0);
  if (widths?.length !== modules.length || sum !== features[1]) return [];
  return modules.map((module, index) => ({
    ...site,
    names: names.map((name) => name.replace(/qkv_proj$/, module)),
    features: [features[0], widths[index] ?? 0],
    joined: { modules, widths, index },
  }));
}

/** outFeatures of queries, keys and values: where they are split, or where GroupQueryAttention takes all three as one. */
function widthsOf(output: string, outFeatures: number, around: Surroundings): readonly number[] | undefined {
  const [first] = around.usersOf(output);
  const biased = first?.opType === "Add" ? (first.outputs[0] ?? "") : output;
  const user = biased === output ? first : around.usersOf(biased)[0];
  if (user?.opType === "Split" && user.inputs[0] === biased) return around.integersOf(user.inputs[1] ?? "");
  const [query, key = ""] = user?.inputs ?? [];
  if (user?.opType !== "GroupQueryAttention" || query !== biased || key !== "") return undefined;
  const said = attributesOf(user);
  const [queries, keys] = [said.get("num_heads") ?? 0, said.get("kv_num_heads") ?? 0];
  const width = outFeatures / (queries + 2 * keys);
  return Number.isInteger(width) ? [queries * width, keys * width, keys * width] : undefined;
}
