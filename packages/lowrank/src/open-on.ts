// Opens a model on any host: the shared part of `openModel` in Node and in web pages.

import { chooseEngine, registerGradients } from "@lowrank/engine";
import type { ChosenEngine } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type AdapterInput, findAdapters } from "./adapters/weighted-set.ts";
import { checkArgument, checkCall } from "./check-argument.ts";
import { noticesOf } from "./notices.ts";
import { type ModelRequest, openBase } from "./open/open-base.ts";
import { OpenedModel } from "./opened-model.ts";
import type { OpenModelOptions } from "./options.ts";
import type { ModelInput, Platform, SourceContext } from "./platform.ts";
import { addTokens, type TokenPlan } from "./rows/added-tokens.ts";

/** Options of opening; the command line has more of them than programs. */
export interface OpeningRequest extends ModelRequest {
  readonly model: ModelInput;
  readonly adapter?: AdapterInput | undefined;
  readonly tokens?: TokenPlan | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** Loads a model with its adapter, on the running engine. */
export async function openOn(
  platform: Platform,
  { model, adapter, tokens, classNames, ...request }: OpeningRequest,
  context: SourceContext,
): Promise<OpenedModel> {
  const sources = {
    model: () => platform.findModel(model, context),
    ...(adapter === undefined ? {} : { adapter: () => findAdapters(platform, adapter, context) }),
  };
  const full = { memoryBytes: platform.memoryBytes(), minTokens: tokens?.rows, ...request };
  const opened = await openBase(sources, full, context.notices);
  return new OpenedModel({ platform, context, opened, request, tokens, classNames });
}

export async function openModelOn(
  platform: Platform,
  model: ModelInput,
  options: OpenModelOptions,
): Promise<OpenedModel> {
  checkCall("openModel", { model }, options);
  const { adapter, allowDifferentBase, task, problemType, basePrecision, signal, onProgress } = options;
  if (adapter !== undefined) checkArgument("openModel", "adapter", adapter);
  const { fetch, accessToken, addTokens: added } = options;
  const context = { notices: noticesOf(options), fetch, accessToken };
  await startEngine(options);
  const tokens =
    added && (await addTokens(await platform.findModel(model, context), added, options.addAsSpecial === true));
  const names = typeof options.classes === "object" ? { classNames: options.classes } : {};
  const reading = { task, problemType, basePrecision, signal, onProgress };
  const request = { ...reading, allowDifferentBase, trainable: true, ...headOf(options) };
  return openOn(platform, { model, adapter, tokens, ...names, ...request }, context);
}

/** A new head is created if the number of classes is given or fixed: question answering has two outputs. */
function headOf({
  classes,
  task,
  problemType,
  seed = 0,
}: OpenModelOptions): Pick<ModelRequest, "classes" | "newHeadSeed"> {
  const defaultCount = task === "question-answering" ? 2 : problemType === "regression" ? 1 : undefined;
  const count = typeof classes === "object" ? classes.length : (classes ?? defaultCount);
  return count === undefined ? {} : { classes: () => count, newHeadSeed: seed };
}

let started: Promise<ChosenEngine> | undefined;

/** Once per process, unless an engine is requested; every caller receives its warnings. */
async function startEngine({ engine, onWarning }: OpenModelOptions): Promise<void> {
  if (engine === false) {
    registerGradients();
    return;
  }
  tf.enableProdMode(); // TensorFlow.js advertises its other packages on the console otherwise
  if (engine !== undefined || started === undefined) started = chooseEngine(engine);
  const { note } = await started;
  if (note !== undefined) onWarning?.({ code: "ENGINE_NOTE", message: note });
}
