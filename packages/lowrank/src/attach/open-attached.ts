// An adapter from files on a base that is open: on the base itself, on one of its shape with other layers or tokens, or on
// one that is loaded for the adapter's head.

import { type AdapterInput, findAdapters } from "../adapters/weighted-set.ts";
import { adapterHead } from "../open/adapter-head.ts";
import { checkHead, type ModelRequest, type OpenedBase, openBase, shaped } from "../open/open-base.ts";
import type { Platform, SourceContext } from "../platform.ts";

/** The open base, and how it was opened. */
export interface BaseFacts {
  readonly platform: Platform;
  readonly context: SourceContext;
  readonly opened: OpenedBase;
  readonly request: ModelRequest;
}

/** The base with the adapter; its model is the caller's to dispose of, unless it is the base's own. */
export async function openAttached(
  { platform, context, opened, request }: BaseFacts,
  input: AdapterInput,
  asked: Pick<ModelRequest, "adapterName" | "trainable" | "allowDifferentBase">,
): Promise<OpenedBase> {
  const { notices } = context;
  const source = await findAdapters(platform, input, context);
  const adapter = await source.read({ onWarning: notices.warn }, async () => opened.model.config);
  const { config, task } = opened.model;
  const head = adapterHead(adapter, config, request.task);
  if ((head.task ?? task) !== task || (head.classes ?? config.labels) !== config.labels) {
    const places = {
      model: async () => opened.source,
      adapter: async () => ({ ...source, read: async () => adapter }),
    };
    return openBase(places, { ...request, ...asked }, notices);
  }
  const model = shaped(opened.model, { adapter }, notices);
  try {
    const { attachTo } = await import("../open/attaching.ts");
    const handle = attachTo(model, adapter, asked, notices);
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
