// Selects the adapter that acts, and names new ones.

import { inferenceContext, noAdapters } from "@lowrank/contracts";
import { weightedAdapters } from "@lowrank/inject";
import { adapterExistsError } from "@lowrank/inject/internal";
import { adapterGone } from "../errors/library-errors.ts";
import { adapterHead } from "../open/adapter-head.ts";
import { checkHead, type ModelRequest, type OpenedBase, openBase, shaped, withoutAdapter } from "../open/open-base.ts";
import type { Platform, SourceContext } from "../platform.ts";
import { type AdapterInput, findAdapters } from "./weighted-set.ts";

interface NamedAdapter {
  readonly name: string;
  readonly opened: OpenedBase;
}

/** The adapter of a call: itself, the one of that name, or by default the last one added. Throws ADAPTER_GONE for an unknown name. */
export function selectedAdapter<Each extends NamedAdapter>(
  adapters: readonly Each[],
  adapter: Each | string | null | undefined,
): Each | null | undefined {
  if (adapter === undefined) return adapters.at(-1);
  if (typeof adapter !== "string") return adapter;
  const found = adapters.find(({ name }) => name === adapter);
  if (found === undefined) throw adapterGone(adapter, adapters);
  return found;
}

/** The model to compute with: with an adapter and its strength, or alone. Throws ADAPTER_GONE for an adapter of another model. */
export function selectedModel(
  base: OpenedBase,
  adapters: readonly NamedAdapter[],
  {
    adapter,
    strength = 1,
  }: { readonly adapter: NamedAdapter | null | undefined; readonly strength: number | undefined },
): OpenedBase {
  if (adapter === null || adapter === undefined) return withoutAdapter(base);
  if (!adapters.includes(adapter)) throw adapterGone(adapter.name ?? adapter, adapters);
  if (strength === 1) return adapter.opened;
  const acting = strength === 0 ? noAdapters : weightedAdapters({ [adapter.name]: strength });
  return { ...adapter.opened, context: inferenceContext(acting) };
}

/** The name of a new adapter, by which calls find it: by default "default", else with a number. Throws ADAPTER_EXISTS for a name that is taken. */
export function freeName(adapters: readonly Pick<NamedAdapter, "name">[], requested?: string): string {
  const usedNames = new Set(adapters.map(({ name }) => name));
  if (requested !== undefined) {
    if (usedNames.has(requested)) throw adapterExistsError(requested);
    return requested;
  }
  for (let number = 1; ; number++) {
    const name = number === 1 ? "default" : `default-${number}`;
    if (!usedNames.has(name)) return name;
  }
}

/** The open base, and its options. */
interface BaseFacts {
  readonly platform: Platform;
  readonly context: SourceContext;
  readonly opened: OpenedBase;
  readonly request: ModelRequest;
}

/** The base with the adapter; the caller disposes of its model, unless it is the base's own. */
export async function openAttached(
  { platform, context, opened, request }: BaseFacts,
  input: AdapterInput,
  options: Pick<ModelRequest, "adapterName" | "trainable" | "allowDifferentBase">,
): Promise<OpenedBase> {
  const { notices } = context;
  const source = await findAdapters(platform, input, context);
  const adapter = await source.read({ onWarning: notices.warn }, async () => opened.model.config);
  const { config, task } = opened.model;
  const head = adapterHead(adapter, config, request.task);
  if ((head.task ?? task) !== task || (head.classes ?? config.labels) !== config.labels) {
    const sources = {
      model: async () => opened.source,
      adapter: async () => ({ ...source, read: async () => adapter }),
    };
    return openBase(sources, { ...request, ...options }, notices);
  }
  const model = shaped(opened.model, { adapter }, notices);
  try {
    const { attachTo } = await import("../open/attaching.ts");
    const handle = attachTo(model, adapter, options, notices);
    checkHead(model, adapter, opened.path);
    const { tokenizer: tokenizerFolder, name: adapterPath } = source;
    const files = tokenizerFolder ?? opened.files;
    const setup = await source.setup();
    return { ...opened, model, handle, adapter, setup, adapterPath, files, tokenizerFolder };
  } catch (error) {
    if (model !== opened.model) model.dispose();
    throw error;
  }
}
