// The base of a command that was given an adapter alone.

import { escapeControls } from "@lowrank/contracts";
import { UsageError } from "../errors/usage-errors.ts";
import { findBase } from "../node/base-of.ts";
import { nodePlatform } from "../node/node-platform.ts";
import type { AdapterSetup } from "../setup/adapter-setup.ts";
import { sourceContext } from "./open-model.ts";
import type { AdapterOptions } from "./options/shared-options.ts";
import type { Report } from "./terminal/report.ts";

/** Options whose base is known. */
export type WithBase<Options> = Options & { readonly model: string };

/** The options with --model, which an adapter can stand for. Throws UsageError where there is neither, BaseNotFoundError. */
export async function withBase<Options extends { readonly model?: string; readonly adapter?: string }>(
  options: Options,
  report: Report,
): Promise<WithBase<Options>> {
  const { model, adapter } = options;
  if (model !== undefined) return { ...options, model };
  if (adapter === undefined) {
    throw new UsageError("--model is missing: name a base, or with --adapter an adapter that remembers its own.");
  }
  const found = await findBase(adapter, sourceContext(report));
  report.note(`base: ${escapeControls(found)}, on which the adapter was trained`);
  return { ...options, model: found };
}

/** How the adapter was trained to be used; nothing where there is none. */
export async function setupOf({ adapter }: Pick<AdapterOptions, "adapter">, report: Report): Promise<AdapterSetup> {
  if (adapter === undefined) return {};
  return (await nodePlatform.findAdapter(adapter, sourceContext(report))).setup();
}
