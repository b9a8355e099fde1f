// The base of a command that was given an adapter alone.

import { escapeControls } from "@lowrank/contracts/internal";
import { findAdapters } from "../adapters/weighted-set.ts";
import { UsageError } from "../errors/usage-errors.ts";
import { findBase } from "../node/base-of.ts";
import { nodePlatform } from "../node/node-platform.ts";
import type { AdapterSetup } from "../setup/adapter-setup.ts";
import { sourceContext } from "./open-model.ts";
import type { WeightedPath } from "./options/named-adapters.ts";
import type { AdapterOptions } from "./options/shared-options.ts";
import type { Report } from "./terminal/report.ts";

type Given = string | readonly WeightedPath[];

export type WithBase<Options> = Options & { readonly model: string };

/** The options with --model. Without it, the model is the base that the (first) adapter names. Throws UsageError if there is neither, BaseNotFoundError. */
export async function withBase<Options extends { readonly model?: string; readonly adapter?: Given }>(
  options: Options,
  report: Report,
): Promise<WithBase<Options>> {
  const { model, adapter } = options;
  if (model !== undefined) return { ...options, model };
  if (adapter === undefined) {
    throw new UsageError("--model is missing: name a base, or an adapter that remembers its base with --adapter.");
  }
  const first = typeof adapter === "string" ? adapter : adapter[0]?.adapter;
  const found = await findBase(first ?? "", sourceContext(report));
  report.note(`base: ${escapeControls(found)}, on which the adapter was trained`);
  return { ...options, model: found };
}

/** The settings in the adapter's folder that its use needs; empty if there is no adapter. */
export async function setupOf({ adapter }: Pick<AdapterOptions, "adapter">, report: Report): Promise<AdapterSetup> {
  if (adapter === undefined) return {};
  return (await findAdapters(nodePlatform, adapter, sourceContext(report))).setup();
}
